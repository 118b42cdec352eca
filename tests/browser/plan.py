"""Opens plans in headless Chromium: searches, unfolds, prints, measures, and looks for what must not happen.

    plan.py FOLDER

The folder holds `plan-small.html`, with names made to break out of the page, and `plan-large.html`, with 2,000 instances,
as `tests/browser/plans.rs` writes them. Screenshots and a print go there too, for people to look at.
"""

from checks import check, fits, main, opens, quiet, schemes, within, without_scripts

ROWS = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter((row) => !row.hidden).length"


def small(browser, folder):
    browser.open((folder / "plan-small.html").as_uri())
    quiet(browser, "plan")
    check("no name became markup or script", browser.run("return [window.broken, document.querySelectorAll('img, iframe, [onerror], [onclick]').length]"), [None, 0])
    names = browser.run("return [...document.querySelectorAll('table.changing tbody tr')].map((row) => row.cells[0].textContent)")
    check("hostile names are shown as they are", sorted(name for name in names if "<" in name), ["\"><script>window.broken=1</script>", "<img src=x onerror=window.broken=1>"])
    check("a row for each instance", len(names), 60)

    search = "table.packages"
    total = browser.run(ROWS, search)
    box = "const box = document.querySelector('table.packages').parentElement.previousElementSibling.querySelector('input');"
    typed = box + "box.value = arguments[0]; box.dispatchEvent(new Event('input'));"
    browser.run(typed, "number-005")
    check("the release diff is searched", browser.run(ROWS, search), 1)
    browser.run(typed, "no such package")
    check("a search may find nothing", browser.run(ROWS, search), 0)
    browser.run(typed, "")
    check("and all come back", browser.run(ROWS, search), total)

    dangling = "return [...document.querySelectorAll('a[href^=\"#\"]')].filter((link) => !document.getElementById(link.getAttribute('href').slice(1))).length"
    check("links within the page lead somewhere", browser.run(dangling), 0)
    fits(browser)
    check("the steps are drawn", browser.run("return document.querySelectorAll('svg rect').length > 5 && document.querySelectorAll('svg path').length > 5"), True)
    schemes(browser, ["header", "#releases", "#who", "#steps", "#changes"], f"{folder}/plan-")
    quiet(browser, "plan, used")


def scripts_off(browser, folder):
    without_scripts(browser, folder / "plan-small.html", folder / "plan-scripts-off.png", ".controls", "table.packages")


def large(browser, folder):
    opened = opens(browser, folder / "plan-large.html")
    check("all 2,000 instances are there", browser.run("return document.querySelectorAll('table.changing tbody tr').length"), 2000)
    within("large plan: opens", opened)
    browser.screenshot(folder / "plan-large.png")
    browser.run("document.querySelector('#steps').scrollIntoView()")
    browser.screenshot(folder / "plan-large-steps.png")
    quiet(browser, "large plan")


main(small, scripts_off, large)
