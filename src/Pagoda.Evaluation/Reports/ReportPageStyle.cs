namespace Pagoda.Evaluation.Reports;

/// <summary>How <see cref="ReportPage"/> looks on a screen, on a phone and on paper.</summary>
internal static class ReportPageStyle
{
    /// <summary>Colours that subjects are told apart by; more subjects than that all have the last one.</summary>
    public const int Colours = 8;

    /// <summary>The style sheet. The colours are Okabe and Ito's, which the colour-blind can tell apart, darker on white.</summary>
    public const string Css = """
        :root {
          --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", "URW Palladio L", Georgia, serif;
          --mono: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
          --faint: color-mix(in srgb, currentColor 9%, transparent); --warn: light-dark(#a84300, #ffab57);
          --c0: light-dark(#0067a5, #5fb4ef); --c1: light-dark(#c25200, #f0904a); --c2: light-dark(#00805c, #3fc79a); --c3: light-dark(#a04a80, #dd92bd);
          --c4: light-dark(#8a6a00, #e6c14a); --c5: light-dark(#3d6f8e, #9fd3f0); --c6: light-dark(#7a3b2e, #d99a8a); --c7: light-dark(#555, #bbb);
        }
        .c0 { --own: var(--c0); } .c1 { --own: var(--c1); } .c2 { --own: var(--c2); } .c3 { --own: var(--c3); }
        .c4 { --own: var(--c4); } .c5 { --own: var(--c5); } .c6 { --own: var(--c6); } .c7 { --own: var(--c7); }
        html { scroll-behavior: smooth; }
        body { max-width: 66rem; margin: 3rem auto 5rem; padding: 0 1.5rem; }
        h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.15; text-wrap: balance; }
        h1 { font-size: 2.4rem; margin: 0 0 .4rem; letter-spacing: -.01em; }
        h2 { font-size: 1.6rem; margin: 4rem 0 .6rem; padding-top: 1rem; border-top: 1px solid var(--line); }
        h3 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
        p, li, dd { max-width: 44rem; }
        p { margin: .5rem 0; }
        .lede { font-family: var(--serif); font-size: 1.1rem; }
        .soft, .key, .notes, figcaption small { color: var(--soft); }
        .key { font-size: .85rem; }
        .key b { color: var(--ink); }
        nav { margin: 1.5rem 0; }
        nav ul { list-style: none; padding: 0; margin: 0; }
        nav li { padding: .15rem 0; }
        a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .2em; }
        a:hover { text-decoration-color: currentColor; }
        code { font: .85em var(--mono); overflow-wrap: anywhere; }
        .wide { overflow-x: auto; margin: 1rem 0; }
        .wide:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
        .scores { margin: 0; line-height: 1.3; }
        .scores th, .scores td { padding: .5rem 0 .5rem 1.6rem; border: 0; border-bottom: 1px solid var(--faint); }
        .scores th:first-child { padding-left: 0; position: sticky; left: 0; background: var(--paper); min-width: 7rem; }
        .scores thead th { vertical-align: top; font-weight: 600; border-bottom: 0; padding-bottom: .2rem; }
        .scores thead tr:last-child th { border-bottom: 1.5px solid var(--ink); padding-bottom: .5rem; }
        .scores thead th small { display: block; font-weight: 400; color: var(--soft); font-size: .75rem; white-space: nowrap; }
        .scores thead th small a { text-decoration: none; font-family: var(--mono); }
        .scores thead th.n { text-wrap: balance; }
        .scores thead th.part { font-weight: 400; font-style: italic; font-family: var(--serif); padding-bottom: 0; }
        .part span { display: block; text-align: right; border-bottom: 1px solid var(--line); padding-bottom: .15rem; }
        .scores tbody th { font-weight: 500; }
        .scores tbody tr.real th, .scores tbody tr.real td { font-style: italic; color: var(--soft); border-bottom: 0; }
        .scores .i { display: block; font-size: .75rem; color: var(--soft); white-space: nowrap; }
        .scores b { font-weight: 750; }
        .scores .none { color: var(--soft); font-style: italic; }
        .swatch { display: inline-block; width: .6rem; height: .6rem; margin-right: .5rem; fill: var(--own); }
        sup { line-height: 0; font-size: .7rem; font-weight: 400; }
        sup.w, .w { color: var(--warn); }
        .notes { font-size: .85rem; padding: 0; margin: .6rem 0 0; list-style: none; }
        .notes li { padding-left: 2.2rem; text-indent: -2.2rem; margin: .25rem 0; }
        .notes .no { display: inline-block; width: 2.2rem; text-indent: 0; }
        .conflict { border-left: 3px solid var(--warn); padding: .1rem 0 .1rem .9rem; margin: 1rem 0; }
        .plots { columns: 2 24rem; column-gap: 3rem; margin: 2rem 0; }
        .plots.one { columns: auto; max-width: 40rem; }
        figure { margin: 0; }
        .plot { font-size: .85rem; break-inside: avoid; padding-bottom: 2rem; }
        .plot figcaption { font-weight: 600; margin-bottom: .4rem; }
        .plot figcaption small { display: block; font-weight: 400; font-size: .8rem; line-height: 1.35; }
        .block { font-family: var(--serif); font-style: italic; padding-top: .5rem; }
        .strip { display: grid; grid-template-columns: 8.5rem 1fr; align-items: stretch; }
        .who { padding: .15rem .6rem .15rem 0; overflow-wrap: anywhere; align-self: center; line-height: 1.2; }
        .lane { position: relative; min-height: 1.5rem; }
        .lane svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
        .axis text { fill: var(--soft); font-size: .72rem; font-variant-numeric: tabular-nums; }
        .rule { stroke: var(--line); stroke-width: 1; }
        .real { stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 3 2; }
        .span { stroke: var(--own); stroke-width: 2; stroke-linecap: round; opacity: .75; }
        .dot { fill: var(--own); stroke: var(--paper); stroke-width: 1.25; }
        .dot.open { fill: var(--paper); stroke: var(--own); stroke-width: 2; }
        .grid { margin: .8rem 0; width: auto; }
        .grid th, .grid td { border: 0; padding: .35rem .35rem; vertical-align: middle; }
        .grid thead th { font-size: .8rem; font-weight: 500; text-align: center; vertical-align: bottom; max-width: 8rem; overflow-wrap: anywhere; }
        .grid tbody th { font-family: var(--serif); font-weight: 400; font-style: italic; max-width: 14rem; padding: .35rem 1.2rem .35rem 0; }
        .grid img, .grid .none { display: block; width: 8rem; height: 8rem; object-fit: contain; border-radius: 3px; }
        .grid .none { border: 1px dashed var(--line); color: var(--soft); font-size: .75rem; text-align: center; padding-top: 3.3rem; }
        .fields { margin: .2rem 0 .6rem; font-size: .85rem; line-height: 1.35; }
        .fields th, .fields td { padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
        .fields th { font-weight: 500; white-space: nowrap; }
        .fields thead th { color: var(--soft); font-weight: 400; white-space: normal; }
        .protocols { columns: 2 26rem; column-gap: 3rem; margin-top: 1.5rem; }
        .protocol { break-inside: avoid; padding-bottom: 1.2rem; }
        .protocol h3 { margin: 0 0 .2rem; }
        .protocol:target { background: var(--faint); }
        summary { cursor: pointer; margin: 1rem 0 .4rem; }
        footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); }
        @media (max-width: 40rem) {
          body { margin: 1.5rem auto 3rem; padding: 0 1rem; }
          h1 { font-size: 1.8rem; }
          h2 { font-size: 1.35rem; margin-top: 3rem; }
          .scores th, .scores td { padding-left: 1.1rem; }
          .scores th:first-child { min-width: 5.5rem; max-width: 8rem; overflow-wrap: anywhere; }
          .strip { grid-template-columns: 6.5rem 1fr; }
          .grid, .grid tbody { display: block; }
          .grid thead tr, .grid tbody tr { display: grid; grid-template-columns: repeat(var(--across), minmax(0, 1fr)); }
          .grid thead th:first-child { display: none; }
          .grid tbody th { grid-column: 1 / -1; max-width: none; padding: .8rem 0 .1rem; }
          .grid img, .grid .none { width: 100%; height: auto; aspect-ratio: 1; padding-top: 20%; }
          .grid img { padding: 0; }
          .grid th, .grid td { padding: .2rem; min-width: 0; }
          .fields th { white-space: normal; }
        }
        @media print {
          @page { margin: 17mm 15mm; }
          :root { --soft: #444; --line: #bbb; --faint: #ddd; }
          body { font-size: 9.5pt; }
          h1 { font-size: 22pt; }
          h2 { font-size: 15pt; margin: 0 0 3mm; padding: 0; border: 0; }
          section { break-before: page; }
          header + section { break-before: auto; margin-top: 10mm; }
          a { text-decoration: none; }
          nav { display: none; }
          .wide { overflow: visible; }
          .scores { font-size: 8.5pt; width: 100%; }
          .scores th, .scores td { padding-left: 3mm; }
          .scores th:first-child { position: static; min-width: 0; }
          .scores .i, .scores thead th small { font-size: 6.5pt; }
          .plots { columns: 2; column-gap: 8mm; margin: 6mm 0; }
          .plots.one { max-width: 110mm; }
          .plot { font-size: 8pt; padding-bottom: 5mm; }
          .strip { grid-template-columns: 26mm 1fr; }
          .grid img, .grid .none { width: 22mm; height: 22mm; }
          .grid .none { padding-top: 8mm; }
          .grid tbody th { max-width: 42mm; }
          .protocols { columns: 2; column-gap: 8mm; }
          .protocol { margin: 0 0 5mm; }
          .protocol h3 { font-size: 10pt; }
          .protocol p { font-size: 8pt; }
          footer { break-before: avoid; margin-top: 6mm; }
          .protocol:target { background: none; }
          .fields { font-size: 7.5pt; }
          details::details-content { content-visibility: visible; block-size: auto; }
          summary { list-style: none; font-family: var(--serif); font-weight: 600; }
          .screen { display: none; }
        }
        """;
}
