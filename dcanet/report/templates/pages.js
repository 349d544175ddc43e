"use strict";
// One page at a time: the overview, or the page of the pair that the address names.
{
  const root = document.documentElement;
  const title = document.title;
  let left = null;

  // Before anything is drawn, so that nothing flashes.
  root.classList.add("paged");
  root.classList.toggle("on-page", location.hash.startsWith("#pair-"));

  function show() {
    const target = document.getElementById(location.hash.slice(1));
    const page = target?.closest(".page");
    const before = document.querySelector(".page.current");
    before?.classList.remove("current");
    page?.classList.add("current");
    root.classList.toggle("on-page", Boolean(page));
    document.title = page ? `${page.querySelector("h2").textContent} · ${title}` : title;
    target?.closest("details")?.setAttribute("open", "");
    if (page === target && page) {
      scrollTo(0, 0);
      page.querySelector("h2").focus({ preventScroll: true });
    } else if (before && left?.hash === location.hash) {
      scrollTo(0, left.height);
      left.link.focus({ preventScroll: true });
    } else {
      target?.scrollIntoView();
    }
  }

  function remember(event) {
    const link = event.target.closest?.('a[href^="#pair-"]');
    if (link && !root.classList.contains("on-page")) {
      left = { link, hash: location.hash, height: scrollY };
    }
  }

  document.addEventListener("click", remember);
  addEventListener("hashchange", show);
  document.addEventListener("DOMContentLoaded", () => location.hash && show());
}
