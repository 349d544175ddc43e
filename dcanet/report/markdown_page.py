"""The whole report as one Markdown file."""

from collections.abc import Iterable, Iterator

from .as_html import Page
from .as_markdown import as_markdown, bullets, escape, escape_inside, line
from .chapter import Chapter, Listing
from .environment import MAY_DIFFER, Environment, compare
from .progress import Progress
from .reproduction import Recipe


def markdown_page(page: Page) -> str:
    """Answer, warnings, tables, chapters, environment, and how to make each number again."""
    parts = [f"# {escape(page.experiment)}\n"]
    parts.append(escape(" ".join(sentence.text for sentence in page.answer)) + "\n")
    parts.append(f"{escape(page.ran)}\n")
    parts.append(bullets(map(_progress, page.progress)))
    if page.warnings:
        parts.append(f"## Warnings\n\n{bullets(page.warnings)}")
    parts += [as_markdown(table) for table in page.tables]
    parts += ["\n".join(_chapter(chapter)) for chapter in page.chapters]
    if page.notes:
        parts.append(f"## Notes\n\n{bullets(page.notes)}")
    parts.append("## Environment\n\n" + "\n".join(_environments(page.environments)) + "\n")
    parts.append("## Reproduce each number\n\n" + "\n".join(_recipes(page.recipes)) + "\n")
    return "\n".join(parts)


def _progress(part: Progress) -> str:
    return f"{part.done} of {part.total} {part.what}" + (f" ({part.rest})" if part.rest else "")


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {escape(chapter.title)}\n"
    for paragraph in chapter.paragraphs:
        yield f"{escape(paragraph)}\n"
    for listing in chapter.listings:
        yield from _listing(listing)
    if chapter.notes:
        yield bullets(chapter.notes)


def _listing(listing: Listing) -> Iterator[str]:
    yield f"{escape(listing.caption)}\n"
    yield line(escape_inside(column.label) for column in listing.columns)
    yield line("---" if column.words else "---:" for column in listing.columns)
    yield from (line(map(escape_inside, row)) for row in listing.rows)
    yield ""


def _environments(found: list[Environment]) -> Iterator[str]:
    if not found:
        yield "No result has recorded its environment yet."
        return
    yield line(["Fact", *(f"{made.results} jobs, {made.first_day}" for made in found)])
    yield line(["---"] * (1 + len(found)))
    for fact in compare(found):
        yield line(map(escape, [fact.name, *fact.values]))
    yield f"\n{bullets(MAY_DIFFER).rstrip()}"


def _recipes(recipes: Iterable[Recipe]) -> Iterator[str]:
    for recipe in recipes:
        yield f"### {escape(recipe.row)}\n"
        yield _code(recipe.workflow)
        for steps in recipe.steps:
            yield f"{escape(steps.title)}:\n"
            yield _code("\n".join(f"{name}: {text}" for name, text in steps.facts))


def _code(text: str) -> str:
    """An indented block, which no text inside can end."""
    return "".join(f"    {part}\n" for part in text.splitlines())
