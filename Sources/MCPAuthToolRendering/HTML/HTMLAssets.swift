/// The style and the script of each page. The policy of the page names their hashes.
enum HTMLAssets {
  /// The colours have a contrast of at least 4.5 to 1 with their background (WCAG 2.2, 1.4.3).
  static let style = """

    :root { color-scheme: light dark; --page: #ffffff; --card: #f6f8fa; --text: #1f2328; --weak: #59636e; --rule: #d1d9e0;
      --mark: #0550ae; --green: #116329; --amber: #7d4e00; --violet: #6639ba; --red: #b3202a; --alarm: #fff1f0; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #0d1117; --card: #151b23; --text: #e6edf3; --weak: #9da7b1; --rule: #3d444d;
        --mark: #79c0ff; --green: #56d364; --amber: #e3b341; --violet: #bc8cff; --red: #ff938a; --alarm: #2d1416; }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 75rem; background: var(--page); color: var(--text);
      font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
    h1, h2, h3, h4, h5, p, ul, ol, dl, dd { margin: 0; padding: 0; }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; } h3 { font-size: 1.05rem; } h4, h5 { font-size: 1rem; }
    h4 { display: inline; } h3 { margin-bottom: .5rem; }
    ul, ol { list-style: none; }
    code, pre { font-family: ui-monospace, "Liberation Mono", monospace; font-size: .875em; }
    code { unicode-bidi: isolate; }
    pre { margin: .5rem 0 0; padding: .5rem .75rem; white-space: pre-wrap; background: var(--page); border: 1px solid var(--rule);
      border-left: .25rem solid var(--amber); border-radius: .25rem; line-height: 1.4; }
    .aligned { display: block; white-space: pre; overflow-x: auto; }
    pre.error { border-left-color: var(--red); }
    :focus-visible { outline: .1875rem solid var(--mark); outline-offset: .125rem; }
    .skip { position: absolute; left: -100rem; }
    .skip:focus { position: static; display: inline-block; margin-bottom: .5rem; }
    a { color: var(--mark); }
    .made, .scale, .count, .none { color: var(--weak); }
    .inventory { margin-top: 1.5rem; }
    .counts { font-weight: 600; margin-top: .25rem; }
    section section { margin-top: 1.5rem; }
    #tools { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem;
      margin-top: 1rem; padding: .5rem 0; background: var(--page); border-bottom: 1px solid var(--rule); }
    label { display: flex; align-items: center; gap: .5rem; white-space: nowrap; }
    label:first-child { flex: 1 1 16rem; max-width: 32rem; }
    input { flex: 1; } input, select { min-width: 0; }
    input, select { min-height: 2.25rem; padding: .25rem .5rem; font: inherit; color: inherit; background: var(--card);
      border: 1px solid var(--weak); border-radius: .25rem; }
    #found { color: var(--weak); }
    .sends { padding: .75rem 1rem; background: var(--alarm); border: .125rem solid var(--red); border-radius: .5rem; }
    .sends h3 { color: var(--red); }
    .sends li + li { margin-top: .25rem; }
    .group { margin-top: .75rem; border: 1px solid var(--rule); border-radius: .5rem; background: var(--card); }
    summary { padding: .5rem 1rem; cursor: pointer; }
    .server { padding: .75rem 1rem; border-top: 1px solid var(--rule); border-left: .25rem solid var(--rule); }
    .server:last-child { border-bottom-left-radius: .5rem; }
    .server.register, .server.add { border-left-color: var(--green); } .register .sign, .add .sign { color: var(--green); }
    .server.update { border-left-color: var(--amber); } .update .sign { color: var(--amber); }
    .server.replace { border-left-color: var(--violet); } .replace .sign { color: var(--violet); }
    .server.remove, .server.blocked, .server.attention { border-left-color: var(--red); }
    .remove .sign, .blocked .sign, .attention .state, .cost { color: var(--red); }
    .server.unchanged { padding-block: .375rem; }
    :is(.unchanged, .attention, .settled) :is(h5, .what) { display: inline; }
    .settled .what, .attention .what { margin-left: .75rem; }
    .sign { display: inline-block; min-width: 1ch; font-family: ui-monospace, "Liberation Mono", monospace; }
    .cost, .state { font-weight: 600; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .125rem 1rem; margin-top: .375rem; }
    dl > div { display: contents; }
    :is(.unchanged, .attention, .settled) dl { display: flex; flex-wrap: wrap; gap: .125rem 1.5rem; }
    .unchanged dl { display: inline-flex; margin: 0 0 0 .75rem; }
    :is(.unchanged, .attention, .settled) dl > div { display: flex; flex-wrap: wrap; gap: 0 .5rem; }
    dt { color: var(--weak); }
    .expiry { display: grid; grid-template-columns: 6.5rem 9rem minmax(6rem, 1fr) minmax(6rem, 2fr); gap: 0 1rem;
      align-items: center; padding: .25rem 0; border-top: 1px solid var(--rule); }
    .expired .left { color: var(--red); font-weight: 600; } .soon .left { color: var(--amber); font-weight: 600; }
    svg { width: 100%; height: 1.25rem; display: block; }
    .axis { stroke: var(--rule); stroke-width: 2; } .now { stroke: var(--weak); stroke-width: 2; }
    circle { fill: var(--green); } .soon circle { fill: var(--amber); } .expired circle { fill: var(--red); }
    .orphans li, .store li { padding: .25rem 0; border-top: 1px solid var(--rule); }
    @media (max-width: 40rem) {
      body { padding: .75rem .75rem 2rem; } #tools { position: static; }
      dl { grid-template-columns: 1fr; } dl > div { display: flex; flex-wrap: wrap; gap: 0 .5rem; }
      .expiry { grid-template-columns: max-content 1fr; } .expiry :is(code, svg) { grid-column: 1 / -1; }
    }
    @media print { #tools, .skip { display: none; } body { max-width: none; } }

    """

  /// Search and sort. It moves and hides what is on the page, and makes no markup from text.
  static let script = """

    "use strict";
    (() => {
      const all = (selector) => Array.from(document.querySelectorAll(selector));
      const tools = document.getElementById("tools");
      const search = document.getElementById("search");
      const sort = document.getElementById("sort");
      const found = document.getElementById("found");
      const words = (element) => element.textContent.toLowerCase();
      const groups = all(".group").map((element) => ({
        element, list: element.querySelector("ul"), title: words(element.querySelector("summary")) }));
      const servers = groups.flatMap((group) => Array.from(group.list.children, (element) => ({
        element, group, text: words(element) + " " + group.title, name: element.querySelector("h5 code").textContent,
        rank: Number(element.dataset.rank), index: Number(element.dataset.index),
        expiry: element.dataset.expiry === "" ? Infinity : Number(element.dataset.expiry) })));
      const others = all(".expiry, .orphans li").map((element) => ({ element, text: words(element) }));
      const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      const orders = {
        rank: (a, b) => compare(a.rank, b.rank), inventory: () => 0,
        name: (a, b) => compare(a.name, b.name), expiry: (a, b) => compare(a.expiry, b.expiry) };
      const filter = () => {
        const terms = search.value.toLowerCase().split(/\\s+/).filter((term) => term !== "");
        for (const item of servers.concat(others)) {
          item.element.hidden = !terms.every((term) => item.text.includes(term));
        }
        for (const group of groups) {
          group.element.hidden = Array.from(group.list.children).every((element) => element.hidden);
        }
        const shown = servers.filter((server) => !server.element.hidden).length;
        found.textContent = shown + " of " + servers.length + " servers";
      };
      const order = () => {
        const by = orders[sort.value];
        const sorted = servers.slice().sort((a, b) => by(a, b) || compare(a.index, b.index));
        for (const server of sorted) { server.group.list.append(server.element); }
      };
      if (servers.length === 0) { return; }
      search.addEventListener("input", filter);
      sort.addEventListener("change", order);
      sort.value = "rank";
      tools.hidden = false;
      filter();
    })();

    """
}
