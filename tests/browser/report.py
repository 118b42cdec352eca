"""Opens compliance reports in headless Chromium: sorts, filters, prints, measures, and looks for what must not happen.

    report.py FOLDER

The folder holds `small.html`, with names made to break out of the page, and `large.html`, with 5,000 instances, as
`tests/browser/mod.rs` writes them. Screenshots and a print go there too, for people to look at.
"""

from checks import ROUNDS, check, fits, main, opens, quiet, schemes, within, without_scripts

COLUMN = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter((row) => !row.hidden)" \
    ".map((row) => row.cells[arguments[1]].textContent)"
INSTANCES = "table.instances"


def head(column, table=INSTANCES):
    return f"{table} thead th:nth-child({column + 1}) button"


def natural(names):
    """The order of people: web-2 before web-10, whatever the case."""
    import re

    return sorted(names, key=lambda name: [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name)])


def small(browser, folder):
    browser.open((folder / "small.html").as_uri())
    quiet(browser, "small")
    check("no name became markup or script", browser.run("return [window.broken, document.querySelectorAll('img, iframe, td b, [onerror], [onclick]').length]"), [None, 0])
    names = browser.run(COLUMN, INSTANCES, 0)
    check("hostile names are shown as they are", [name for name in names if "<" in name], ["\"><script>window.broken=1</script>", "<img src=x onerror=window.broken=1>"])
    check("what turns the writing is spelled out", [name for name in names if "202e" in name], ["db-\\u{202e}10"])

    security = [0 if text == "?" else int(text) for text in browser.run(COLUMN, INSTANCES, 3)]
    browser.click(head(3))
    found = browser.run(COLUMN, INSTANCES, 3)
    check("a figure sorts the greatest first, unknown last", found[:-1], [str(n) for n in sorted(security, reverse=True)][:-1])
    check("unknown is less than nothing", found[-1], "?")
    check("the head says how it is sorted", browser.run(f"return document.querySelector('{INSTANCES} th:nth-child(4)').ariaSort"), "descending")
    browser.click(head(3))
    check("again: the other way round", browser.run(COLUMN, INSTANCES, 3), found[::-1])
    check("only one head is sorted by", browser.run("return document.querySelectorAll('table.instances [aria-sort]').length"), 1)
    browser.click(head(0))
    plain = [name for name in browser.run(COLUMN, INSTANCES, 0) if name.startswith("web-")]
    check("names sort as people count", plain, natural(plain))

    search, group = ".controls input", ".controls select"
    shown = "return document.querySelector('.controls span').textContent"
    total = len(names)
    check("all are shown", browser.run(shown), f"{total} instances")
    browser.type(search, "WEB-1 gl1")
    found = browser.run(COLUMN, INSTANCES, 0)
    check("a filter leaves what has all its words", all(name.startswith("web-1") for name in found) and bool(found), True)
    check("and says how many", browser.run(shown), f"{len(found)} of {total} instances")
    browser.type(search, "no such thing")
    check("a filter may leave nothing", browser.run(COLUMN, INSTANCES, 0), [])
    browser.type(search, "")
    browser.run(f"const select = document.querySelector('{group}'); select.value = 'db'; select.dispatchEvent(new Event('change'))")
    check("a choice leaves its own", set(browser.run(COLUMN, INSTANCES, 1)), {"db"})
    browser.run(f"const select = document.querySelector('{group}'); select.selectedIndex = 0; select.dispatchEvent(new Event('change'))")
    check("and all come back", len(browser.run(COLUMN, INSTANCES, 0)), total)

    browser.click(head(1, "table.cves"))
    ranks = {"critical": 4, "important": 3, "moderate": 2, "low": 1, "not stated": 0}
    found = [ranks[text] for text in browser.run(COLUMN, "table.cves", 1)]
    check("severities sort by how bad they are", found, sorted(found, reverse=True))

    fits(browser)
    check("there are four charts", browser.run("return document.querySelectorAll('svg').length"), 4)
    schemes(browser, ["header", "table.groups", "table.instances", "table.cves"], f"{folder}/")
    quiet(browser, "small, used")


def scripts_off(browser, folder):
    without_scripts(browser, folder / "small.html", folder / "scripts-off.png", ".controls, th button", INSTANCES)


def large(browser, folder):
    opened = opens(browser, folder / "large.html")
    check("all 5,000 instances are there", browser.run("return document.querySelectorAll('table.instances tbody tr').length"), 5000)
    measure = """
        const [target, event, value] = arguments;
        const element = document.querySelector(target);
        const began = performance.now();
        if (value !== null) element.value = value;
        element.dispatchEvent(new Event(event, { bubbles: true }));
        void document.body.offsetHeight;
        return performance.now() - began;
    """
    timings = {"opens": opened}
    for what, column in [("sorts by name", 0), ("sorts by figure", 3), ("sorts by exposure", 8)]:
        timings[what] = [browser.run(measure, head(column), "click", None) for _ in range(ROUNDS)]
    timings["filters"] = [
        browser.run(measure, ".controls input", "input", text) for text in ["web-1", "web-12", "db", "", "compliant"]
    ]
    for what, milliseconds in timings.items():
        within(f"large: {what}", milliseconds)
    browser.run(measure, ".controls input", "input", "")
    browser.screenshot(folder / "large.png")
    quiet(browser, "large")


main(small, scripts_off, large)
