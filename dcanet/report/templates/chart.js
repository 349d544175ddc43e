// Brings charts to life when they come into view; until then, and where it fails, the still drawing stays.
(() => {
  "use strict";
  const tooltip = { disableDefaultStyle: true };
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  const options = {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    // Expressions are interpreted: the page's policy allows no code to be made from texts.
    ast: true,
    defaultStyle: false,
    tooltip,
    loader,
  };

  function refuse() {
    return Promise.reject(new Error("a chart asks for nothing outside the page"));
  }

  async function enliven(figure) {
    const live = figure.querySelector(".live");
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    try {
      await vegaEmbed(live, spec, options);
      live.querySelector("svg").setAttribute("aria-hidden", "true");
      live.setAttribute("role", "img");
      live.setAttribute("aria-label", figure.querySelector(".still title").textContent);
      live.hidden = false;
      figure.classList.add("alive");
    } catch (error) {
      live.replaceChildren();
      console.error(figure.id, error);
    }
  }

  // As a file of its own the drawing has no style sheet: each colour becomes what stands after the comma.
  function standalone(figure) {
    const text = new XMLSerializer().serializeToString(figure.querySelector(".still svg"));
    return text.replace(/var\(--[a-z-]+, (#[0-9a-f]+)\)/g, "$1");
  }

  const inView = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        inView.unobserve(target);
        enliven(target);
      }
    },
    { rootMargin: "100px" },
  );
  for (const figure of document.querySelectorAll("figure.chart")) {
    const scripted = figure.querySelector(".scripted");
    scripted.hidden = false;
    scripted.querySelector("a").addEventListener("click", ({ currentTarget }) => {
      currentTarget.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(figure))}`;
    });
    inView.observe(figure);
  }
})();
