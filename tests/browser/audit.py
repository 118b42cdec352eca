"""Opens an audit in headless Chromium, and looks for what must not happen.

    audit.py FOLDER

The folder holds `audit.html`, as `tests/browser/audits.rs` has the program write it. Screenshots and a print go there too.
"""

from checks import check, fits, main, quiet, schemes


def audit(browser, folder):
    browser.open((folder / "audit.html").as_uri())
    quiet(browser, "audit")
    check("there is no script in it", browser.run("return document.scripts.length"), 0)
    check("no name became markup", browser.run("return [window.broken, document.querySelectorAll('img, iframe, [onerror]').length]"), [None, 0])
    cells = "return [...document.querySelectorAll('td')].some((cell) => cell.textContent.includes(arguments[0]))"
    check("a reason stands as it was given", browser.run(cells, "<img src=x onerror=window.broken=1> | CHG-4711"), True)
    fits(browser)
    schemes(browser, ["header", "table"], f"{folder}/audit-")
    quiet(browser, "audit, used")


main(audit)
