'use strict';

// What the search asks before it takes a key for its own.
function mdbook_something_else_has_focus(event) {
    return event.target.matches('input, textarea, select');
}

// Pages: the contents, the theme, code, formulas.
{
    const root = document.documentElement;
    const button = (id) => document.getElementById(id);

    // The contents: beside the text where there is room, over it on a phone.
    const menu = button('menu');
    const contents = document.getElementById('contents');
    const open = (isOpen) => {
        document.body.classList.toggle('contents-open', isOpen);
        menu.setAttribute('aria-expanded', isOpen);
    };
    menu.addEventListener('click', () => open(!document.body.classList.contains('contents-open')));
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') open(false); });
    document.getElementById('mdbook-content').addEventListener('click', () => open(false));

    const here = location.href.split('#')[0].split('?')[0].replace(/\/$/, '/index.html');
    for (const link of contents.querySelectorAll('a')) {
        if (link.href === here) {
            link.setAttribute('aria-current', 'page');
            contents.scrollTop = link.offsetTop - contents.clientHeight / 2;
        }
    }

    button('theme').addEventListener('click', () => {
        window.chooseTheme(root.classList.contains('dark') ? 'light' : 'dark');
    });

    // Arrow keys turn pages, unless they are typed or move something.
    document.addEventListener('keydown', (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        if (event.target.closest('input, textarea, select, pre')) return;
        const rel = { ArrowLeft: 'prev', ArrowRight: 'next' }[event.key];
        document.querySelector(`.turn a[rel=${rel}]`)?.click();
    });

    for (const code of document.querySelectorAll('pre > code')) {
        const pre = code.parentElement;
        const printed = code.classList.contains('printed');
        // What is wider than the page scrolls, by keyboard too.
        pre.tabIndex = 0;
        pre.classList.toggle('printed', printed);
        if (printed) continue;
        if (/language-(rust|toml|json|bash)/.test(code.className)) hljs.highlightBlock(code);
        const copy = document.createElement('button');
        copy.type = 'button';
        copy.className = 'copy';
        copy.textContent = 'Copy';
        copy.addEventListener('click', async () => {
            try {
                await navigator.clipboard.writeText(code.textContent);
                copy.textContent = 'Copied';
            } catch {
                getSelection().selectAllChildren(code);
                copy.textContent = 'Selected';
            }
            setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
        });
        const holder = document.createElement('div');
        holder.className = 'code';
        pre.replaceWith(holder);
        holder.append(pre, copy);
    }

    // Only pages with formulas load what sets them.
    const formulas = document.querySelectorAll('.math');
    if (formulas.length > 0) {
        const style = document.createElement('link');
        style.rel = 'stylesheet';
        style.href = path_to_root + 'katex/katex.min.css';
        const script = document.createElement('script');
        script.src = path_to_root + 'katex/katex.min.js';
        script.addEventListener('load', () => {
            for (const formula of formulas) {
                const displayMode = formula.classList.contains('display');
                katex.render(formula.textContent, formula, { displayMode });
            }
            root.dataset.ready = 'yes';
        });
        document.head.append(style, script);
    } else {
        root.dataset.ready = 'yes';
    }
}
