namespace Alignment.Reports.Page;

/// <summary>Style and script of report.html; the page is complete without the script, which adds sorting and filtering.</summary>
internal static class ReportAssets
{
    public static string Style { get; } = """

        :root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#d0d7de;--panel:#f5f7f9;--mark:#0072b2}
        @media (prefers-color-scheme:dark){:root{--paper:#14171c;--ink:#e6e9ee;--soft:#a3acb8;--rule:#333a44;--panel:#1c2027;--mark:#56b4e9}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        main{max-width:1180px;margin:0 auto;padding:.8rem 1rem 4rem}
        h1{font-size:1.4rem;line-height:1.25;margin:0 0 .6rem}h2{font-size:1.25rem;margin:2.5rem 0 .6rem}h3{font-size:1rem;margin:1.2rem 0 .4rem}
        .answer{background:var(--panel);border-left:4px solid var(--mark);border-radius:4px;padding:1rem 1.2rem}
        .answer ul{margin:.3rem 0;padding-left:1.2rem}.answer h2{font-size:1rem;margin:.6rem 0 .1rem}.lead{font-size:1.2rem;font-weight:600;margin:0 0 .6rem}
        .budgets{width:100%}.budgets th,.budgets td{white-space:normal}.budgets .use{font-weight:600}.budgets .open{font-weight:400}
        .source{font-size:.75rem;color:var(--soft);margin-left:.15rem}td:target{outline:3px solid var(--mark)}
        .answer .figures{grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));margin:.4rem 0}.answer .figure svg{width:100%;max-height:260px}
        .answer .scroll{margin:.2rem 0 .4rem}.answer p{margin:.2rem 0}.answer pre{background:var(--paper);margin:.3rem 0;padding:.4rem .6rem;font-size:.8rem}
        .answer h2+.note{margin:0}.answer .scroll thead th{background:var(--panel)}.answer td small{display:inline}.answer td,.answer th{padding:.2rem .7rem .2rem 0}
        .facts{display:flex;flex-wrap:wrap;gap:.1rem 1.4rem;margin:.6rem 0 .3rem;font-size:.8125rem}.facts div{display:flex;gap:.4rem}
        .facts dt{color:var(--soft)}.facts dd{margin:0}.next{font-size:.875rem}
        nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:1rem 0}a{color:var(--mark)}
        h2[id],h3[id],td[id]{scroll-margin-top:1rem}.curve{width:120px;height:32px;fill:none;stroke:var(--mark);stroke-width:1.5;background:var(--panel)}
        .filter{display:flex;flex-wrap:wrap;gap:.4rem .6rem;align-items:center;margin:.5rem 0}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        .note{color:var(--soft);font-size:.875rem;margin:.3rem 0}
        .scroll{overflow:auto;max-height:85vh;margin:.5rem 0 1rem}.scroll thead th{position:sticky;top:0;background:var(--paper)}
        table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
        th,td{padding:.35rem .7rem;border-bottom:1px solid var(--rule);text-align:left;white-space:nowrap;vertical-align:top}
        th{border-bottom-width:2px}.number{text-align:right}small{display:block;color:var(--soft);font-size:.75rem}
        th button{all:unset;cursor:pointer;text-decoration:underline dotted}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1rem}
        .figure svg{display:block;max-width:100%;height:auto}pre{overflow-x:auto;background:var(--panel);padding:.8rem;border-radius:4px}
        :focus-visible{outline:3px solid var(--mark);outline-offset:2px}
        .prompt{white-space:pre-wrap;overflow-wrap:anywhere;border-left:3px solid var(--rule);padding-left:.8rem;color:var(--soft);margin:.4rem 0}
        .sample,.card{background:var(--panel);border-radius:4px;padding:.6rem .9rem;margin:.6rem 0}.card{margin:0}
        .sample p,.card p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}.card h3{margin:0}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:.7rem;margin:.5rem 0 1rem}
        details{border-bottom:1px solid var(--rule);padding:.35rem 0}summary{cursor:pointer;overflow-wrap:anywhere}
        .line{display:inline-block;width:calc(100% - 1.5rem);white-space:nowrap;overflow:hidden;text-overflow:ellipsis;vertical-align:bottom}
        .scores{display:block;color:var(--soft);font-size:.875rem;padding-left:1.1rem}
        select,input{font:inherit;padding:.2rem;max-width:100%;background:var(--paper);color:var(--ink);border:1px solid var(--soft);border-radius:3px}
        th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
        @media (max-width:600px){main{padding:1rem .7rem 3rem}.answer{padding:.7rem .8rem}.budgets,.budgets tbody,.budgets tr,.budgets th,.budgets td{display:block}
        .budgets thead{display:none}.budgets .use::before{content:"use ";font-weight:400}.budgets th,.budgets td{border:0;padding:.1rem 0}
        .budgets tr{border-bottom:1px solid var(--rule);padding:.4rem 0}}
        @media print{nav,.filter{display:none}.scroll{max-height:none}}

        """.ReplaceLineEndings("\n");

    public static string Script { get; } = """

        'use strict';
        for (const table of document.querySelectorAll('table.sortable')) {
          const heads = [...table.tHead.rows[0].cells].filter(head => !head.classList.contains('fixed')), body = table.tBodies[0];
          heads.forEach(head => {
            const button = document.createElement('button');
            button.type = 'button';
            button.textContent = head.textContent;
            head.replaceChildren(button);
            head.setAttribute('aria-sort', 'none');
            button.addEventListener('click', () => {
              const down = head.getAttribute('aria-sort') !== 'descending';
              heads.forEach(other => other.setAttribute('aria-sort', 'none'));
              head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
              const key = row => row.cells[head.cellIndex].textContent, number = row => parseFloat(key(row));
              // what is not a number stays at the end in both directions
              const compare = (a, b) => {
                const x = number(a), y = number(b), sign = down ? -1 : 1;
                if (isNaN(x) !== isNaN(y)) return isNaN(x) - isNaN(y);
                return sign * (isNaN(x) ? (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) : x - y);
              };
              body.append(...[...body.rows].sort(compare));
            });
          });
        }
        // a link may point into a part that is folded
        const unfold = () => {
          const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
          const fold = target && target.closest('details:not([open])');
          if (fold) { fold.open = true; target.scrollIntoView(); }
        };
        addEventListener('hashchange', unfold);
        unfold();
        const filter = document.getElementById('filter');
        if (filter) {
          const value = id => document.getElementById(id).value;
          const matches = { 'any score': () => true, 'beats': d => d > 0, 'ties with': d => d === 0, 'loses to': d => d < 0 };
          const apply = () => {
            let count = 0;
            const words = value('words').toLowerCase();
            for (const sample of document.querySelectorAll('#samples > details')) {
              const scores = JSON.parse(sample.dataset.scores);
              sample.hidden = !matches[value('outcome')](scores[value('who')] - scores[value('against')])
                || !sample.textContent.toLowerCase().includes(words);
              count += sample.hidden ? 0 : 1;
            }
            document.getElementById('shown').textContent = count + ' shown';
          };
          filter.addEventListener('input', apply);
          filter.addEventListener('submit', event => event.preventDefault());
        }

        """.ReplaceLineEndings("\n");
}
