// The report's style sheet: one column of cards or two, light or dark as the reader has it, calm colours that the colour-blind tell apart.

export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --page: #f6f5f2; --card: #fff; --ink: #22262b; --soft: #666e78; --line: #e3e1dc; --grid: #eeece8;
  --first: #1f66b0; --second: #d0742a; --third: #6a4fa3; --muted: #9aa1a9; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171a; --card: #1c2024; --ink: #e4e6e8; --soft: #9aa3ad; --line: #2e343a; --grid: #272c31;
  --first: #6eb0f2; --second: #f0a35e; --third: #b39be6; --muted: #6d7680; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 44px 0 4px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 4px 0; max-width: 76ch; }
.soft, figcaption p, dt { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; margin-top: 14px; align-items: start; }
.card { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
.wide { grid-column: 1 / -1; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 1px; margin: 22px 0 0; background: var(--line);
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.figures div { background: var(--card); padding: 12px 16px; }
dl { margin: 0; } dt { font-size: 13px; } dd { margin: 0; font-size: 22px; font-weight: 600; letter-spacing: -0.01em; }
figcaption p { font-size: 13px; line-height: 1.4; }
svg { display: block; width: 100%; max-width: 560px; height: auto; margin: 6px auto 0; overflow: visible; touch-action: pan-y; }
svg text { font-size: 11.5px; fill: var(--soft); } svg .name { fill: var(--ink); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } .axis { stroke: var(--muted); } .cursor { stroke: var(--muted); stroke-dasharray: 2 3; }
path { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
path.dashed { stroke-dasharray: 4 5; stroke-width: 1.5; } path.dots { stroke-width: 3.5; opacity: 0.55; } path.points { stroke-width: 7; }
path.area { stroke-width: 1.5; fill-opacity: 0.22; }
.first { stroke: var(--first); } .second { stroke: var(--second); } .third { stroke: var(--third); } .muted { stroke: var(--muted); }
.area.first { fill: var(--first); } .area.second { fill: var(--second); } .area.third { fill: var(--third); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; }
.legend svg { display: inline-block; width: 18px; height: 8px; margin: 0 6px 1px 0; }
.readout { min-height: 20px; margin: 2px 0 0; font-size: 13px; text-align: center; max-width: none; }
svg:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--first); outline-offset: 3px; border-radius: 4px; }
details { margin-top: 6px; font-size: 13px; } summary { color: var(--soft); cursor: pointer; width: fit-content; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 8px; font-size: 14px; } details table { font-size: 13px; }
th { color: var(--soft); font-weight: 500; } th, td { text-align: right; padding: 4px 0 4px 18px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th.words, td.words { text-align: left; padding-left: 0; padding-right: 12px; } td.words { overflow-wrap: anywhere; white-space: normal; min-width: 6.5em; } td.words + td.words { padding-left: 18px; }
tr:last-child td { border-bottom: 0; } tr.chosen td { font-weight: 600; }
td.bar { width: 34%; padding-left: 18px; } td.bar svg { max-width: none; width: 100%; height: 10px; margin: 0; } rect { fill: var(--first); } rect.loss { fill: var(--muted); }
.sliders { display: grid; gap: 10px 28px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 260px), 1fr)); margin: 12px 0 4px; }
label { display: flex; justify-content: space-between; gap: 12px; font-size: 14px; } label output { font-weight: 600; }
input[type="range"] { width: 100%; accent-color: var(--first); margin: 4px 0 0; }
pre { overflow-x: auto; font-size: 12px; line-height: 1.45; }
.profit { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 8px 28px; align-items: center; }
@media (max-width: 560px) { main { padding: 20px 12px 40px; } .card { padding: 14px 12px; } h1 { font-size: 23px; } svg text { font-size: 12.5px; } }
@media print { body { background: none; } .card { break-inside: avoid; } }
`;
