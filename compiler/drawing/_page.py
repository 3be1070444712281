"""What the HTML page brings along: its style, and the script that folds blocks and draws lines."""

STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#fff;color:#1d2430;font:12px FONT}
header{position:sticky;top:0;z-index:3;padding:10px 18px;background:#fffffff0;
border-bottom:1px solid #d5dae2;display:flex;gap:14px;align-items:baseline;flex-wrap:wrap}
h1{font-size:15px;margin:0} header p{margin:0;color:#55606f}
button{font:inherit;color:inherit;background:none;border:1px solid #9aa5b5;border-radius:6px;
padding:3px 9px;cursor:pointer}
main{position:relative;display:inline-block;min-width:100%;padding:22px;box-sizing:border-box}
svg{position:absolute;left:0;top:0;pointer-events:none;overflow:visible}
.row{display:flex;justify-content:center;align-items:center;gap:22px;margin:22px 0}
.row.border{margin:0;height:0} .way{width:6px;align-self:stretch;flex:none}
.box{border:1.2px solid #8b95a5;border-radius:8px;background:#f1f3f6;padding:6px 13px;
text-align:center;white-space:nowrap}
.box b{display:block} .box small{display:block;color:#55606f;font-size:10.5px;line-height:1.45}
.port{border-radius:22px}
.block>button{border:0;padding:0;width:100%;text-align:center}
.block.closed{box-shadow:4px 4px 0 #dfe3e9,4px 4px 0 1px #8b95a5}
.block.closed>.inside{display:none}
.block.open{background:#6b7a9010;border:1px dashed #9aa5b5;padding:6px 14px 0}
.block.open>button{text-align:left;color:#55606f} .block.open>button small{display:none}
.flow{fill:none;stroke:#7d8898;stroke-width:1.3} .head{fill:#7d8898}
#about{position:fixed;right:14px;bottom:14px;z-index:4;max-width:44vw;padding:9px 13px;
border:1px solid #9aa5b5;border-radius:8px;background:#ffffffee;display:none}
#about dl{margin:0;display:grid;grid-template-columns:auto auto;gap:2px 12px}
#about dt{color:#55606f} #about dd{margin:0;overflow-wrap:anywhere}
"""

DARK = """
body{background:#14181f;color:#e8ecf2} header{background:#14181ff0;border-color:#333b47}
header p,.box small,#about dt,.block.open>button{color:#a5b0bf}
.box{background:#262c36;border-color:#6d7888} .flow{stroke:#8b96a6} .head{fill:#8b96a6}
.block.closed{box-shadow:4px 4px 0 #1b2028,4px 4px 0 1px #6d7888}
.block.open{background:#8b96a60d;border-color:#56606f} #about{background:#1b2028f2}
"""

SCRIPT = """
const lines = JSON.parse(document.getElementById("lines").textContent);
const main = document.querySelector("main"), about = document.getElementById("about");
const flows = document.getElementById("flows");
const find = number => document.getElementById("s" + number);
const isOpen = slot => slot.classList.contains("open");

// Where a value touches a slot: its middle, or where it enters or leaves an open block.
function touch(line, above) {
  const slot = find(above ? line.above : line.below), origin = main.getBoundingClientRect();
  const area = slot.getBoundingClientRect();
  const through = isOpen(slot) ? find(above ? line.leave : line.enter) : null;
  const middle = (through || slot).getBoundingClientRect();
  return [(middle.left + middle.right) / 2 - origin.left,
          (above ? area.bottom : area.top) - origin.top];
}

function curve(line) {
  const [x1, y1] = touch(line, true), [x2, y2] = touch(line, false), bend = (y2 - y1) / 2;
  const below = find(line.below), arrow = below.matches(".box") && !isOpen(below);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", "flow");
  path.setAttribute("d", `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
  if (arrow) path.setAttribute("marker-end", "url(#arrow)");
  return path;
}

function pass(slot) {
  const area = slot.getBoundingClientRect(), origin = main.getBoundingClientRect();
  const x = (area.left + area.right) / 2 - origin.left;
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", "flow");
  path.setAttribute("d", `M${x} ${area.top - origin.top}V${area.bottom - origin.top}`);
  return path;
}

function redraw() {
  const shown = element => element && element.offsetParent !== null;
  const seen = lines.filter(line => shown(find(line.above)) && shown(find(line.below)));
  const ways = [...document.querySelectorAll(".way")].filter(shown).map(pass);
  flows.replaceChildren(...seen.map(curve), ...ways);
}

function fold(block, open) {
  block.classList.toggle("open", open);
  block.classList.toggle("closed", !open);
  block.firstElementChild.setAttribute("aria-expanded", open);
}

function describe(box) {
  const rows = JSON.parse(box.dataset.about).flatMap(([name, text]) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name;
    value.textContent = text;
    return [term, value];
  });
  about.firstElementChild.replaceChildren(...rows);
  about.style.display = "block";
}

main.addEventListener("click", event => {
  const button = event.target.closest(".block > button");
  if (!button) return;
  fold(button.parentElement, !isOpen(button.parentElement));
  redraw();
});
main.addEventListener("mouseover", event => {
  const box = event.target.closest("[data-about]");
  if (box) describe(box); else about.style.display = "none";
});
for (const [id, open] of [["unfold", true], ["fold", false]])
  document.getElementById(id).addEventListener("click", () => {
    document.querySelectorAll(".block").forEach(block => fold(block, open));
    redraw();
  });
addEventListener("resize", redraw);
redraw();
"""
