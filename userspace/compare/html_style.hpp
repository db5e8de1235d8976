// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The style sheet of the page of a comparison. Light and dark follow the reader's settings, and so does less motion;
// text has a contrast of at least 4.5 to 1 on every ground. A constant, any thread.
#pragma once

namespace ringtap {

inline constexpr char kHtmlStyle[] = R"css(
:root{color-scheme:light dark;--ground:#f4f6f8;--card:#fff;--ink:#1a222d;--soft:#525d6b;--line:#dde2e8;--flow:#2b6cb8;
--flow-thin:#2b6cb833;--arrived:#17713f;--arrived-thin:#17713f47;--dropped:#b3261e;--dropped-thin:#b3261e4d;
--unclear:#8a5500;--unclear-thin:#8a55004d;--other:#525d6b;--other-thin:#525d6b4d;--hover:#eef3f9}
@media (prefers-color-scheme:dark){:root{--ground:#10141a;--card:#191f28;--ink:#e7ecf2;--soft:#a3afbd;--line:#2d3643;
--flow:#6ea8ea;--flow-thin:#6ea8ea38;--arrived:#56c990;--arrived-thin:#56c9904d;--dropped:#ff8a80;
--dropped-thin:#ff8a804d;--unclear:#e5b04b;--unclear-thin:#e5b04b4d;--other:#a3afbd;--other-thin:#a3afbd4d;
--hover:#222b37}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 40px}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:0 0 14px}
h3{font-size:1rem;margin:26px 0 8px;overflow-wrap:anywhere}
p{margin:0 0 10px;overflow-wrap:anywhere}
a{color:inherit;text-underline-offset:3px;text-decoration-color:color-mix(in srgb,currentColor 45%,transparent)}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:3px solid var(--flow);outline-offset:2px;border-radius:4px}
.lead{max-width:100ch}
.soft,.meta{color:var(--soft)}
.meta{display:flex;flex-wrap:wrap;gap:2px 22px;font-size:.88rem;margin:0;padding:0;list-style:none}
.meta b{font-weight:600;color:var(--ink)}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 22px;margin-top:18px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:18px 0 0}
.figures div{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--flow);border-radius:12px;
padding:12px 16px}
.figures dt{font-size:.86rem;color:var(--soft)}
.figures dd{margin:0;font-size:1.65rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
.figures small{font-size:.86rem;font-weight:400;color:var(--soft);margin-left:6px}
.figures .arrived{border-top-color:var(--arrived)}.figures .dropped{border-top-color:var(--dropped)}
.figures .unclear{border-top-color:var(--unclear)}.figures .other{border-top-color:var(--other)}
figure{margin:0}
.wide{overflow-x:auto;margin:0 -6px;padding:2px 6px}
.flow{display:grid;grid-template-columns:minmax(0,64fr) minmax(0,36fr);column-gap:10px}
.picture,.ends{position:relative;list-style:none;margin:0;padding:0}
.picture svg{position:absolute;inset:0;width:100%;height:100%}
.flow ul{list-style:none;margin:0;padding:0}
.flow li{position:absolute;white-space:nowrap;line-height:1.35}
.nodes li{padding:2px 0 0 2px;text-overflow:ellipsis}
.nodes li[style*="width"]{overflow:hidden}
.nodes b{font-variant-numeric:tabular-nums}
.nodes span,.ends small{color:var(--soft);font-size:.86rem}
.nodes .origin{color:var(--soft)}
.ends li{left:0;right:0}
.ends a,.ends small{display:block;overflow:hidden;text-overflow:ellipsis}
.ribbon{fill:var(--flow-thin)}.bar{fill:var(--flow)}
.ribbon:hover{fill:var(--flow);fill-opacity:.45}
path.arrived{fill:var(--arrived-thin)}path.dropped{fill:var(--dropped-thin)}path.unclear{fill:var(--unclear-thin)}
path.other{fill:var(--other-thin)}
a.arrived,td.arrived,b.arrived{color:var(--arrived)}a.dropped,td.dropped,b.dropped{color:var(--dropped)}
a.unclear,td.unclear,b.unclear{color:var(--unclear)}a.other,td.other,b.other{color:var(--other)}
table{border-collapse:collapse;width:100%;font-size:.93rem}
th{text-align:left;font-weight:600;color:var(--soft);font-size:.84rem;border-bottom:1px solid var(--line);
padding:0 14px 6px 0;white-space:nowrap}
td{padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
tbody tr:last-child td{border-bottom:0}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}
.share{width:150px}
.share span{display:block;height:10px;margin-top:6px;border-radius:5px;background:var(--line);overflow:hidden}
.share i{display:block;height:100%;min-width:2px;background:var(--flow)}
.share .arrived{background:var(--arrived)}.share .dropped{background:var(--dropped)}
.share .unclear{background:var(--unclear)}.share .other{background:var(--other)}
code{font:.88em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
td code{display:block;color:var(--soft);margin-top:2px}
details{border-top:1px solid var(--line)}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:8px 4px;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
summary:hover{background:var(--hover)}
summary code{color:var(--soft);margin-right:10px}
details[open] summary{font-weight:600}
.ladder{margin:2px 0 16px 22px;width:calc(100% - 22px);max-width:760px}
.ladder td,.ladder th{padding-top:3px;padding-bottom:3px;border:0}
.ladder .gap{width:32%}
.ladder .gap i{display:block;height:8px;margin-top:7px;border-radius:4px;background:var(--flow);min-width:1px}
.ladder .longest .gap i{background:var(--unclear)}.ladder .longest td{font-weight:600}
h3:target,li:target{background:var(--hover)}
footer{margin-top:22px;font-size:.86rem;color:var(--soft)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:600px){.flow{grid-template-columns:minmax(0,42fr) minmax(0,58fr);font-size:.9rem}main{padding:18px 12px 30px}section{padding:16px 14px}.share{width:70px}
.ladder{margin-left:4px;width:calc(100% - 4px)}}
@media print{body{background:#fff}section{break-inside:avoid}}
)css";

}  // namespace ringtap
