"""Opens compliance reports in headless Chromium: sorts, filters, prints, measures, and looks for what must not happen.

    report.py FOLDER

The folder holds `small.html`, with names made to break out of the page, and `large.html`, with 5,000 instances, as
`tests/browser/mod.rs` writes them. Screenshots and a print go there too, for people to look at.
"""

import pathlib
import statistics
import sys
import time

from driver import Browser

# The bar: with 5,000 instances the report opens and sorts within a second, by the median of five.
LIMIT_MS = 1000
ROUNDS = 5

COLUMN = "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].filter((row) => !row.hidden)" \
    ".map((row) => row.cells[arguments[1]].textContent)"
INSTANCES = "table.instances"


def check(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")
    print(f"ok    {what}")


def head(column, table=INSTANCES):
    return f"{table} thead th:nth-child({column + 1}) button"


def natural(names):
    """The order of people: web-2 before web-10, whatever the case."""
    import re

    return sorted(names, key=lambda name: [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", name)])


def quiet(browser, what):
    """Nothing was refused by the policy, failed, or asked the network for anything."""
    check(f"{what}: the console is silent", [line["message"] for line in browser.console()], [])
    loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    check(f"{what}: nothing was loaded", browser.run(loaded), [])


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

    sides = "return [document.documentElement.scrollWidth <= document.documentElement.clientWidth, document.querySelectorAll('svg').length]"
    check("nothing sticks out, and there are four charts", browser.run(sides), [True, 4])
    background = "return getComputedStyle(document.body).backgroundColor"
    for scheme, colour in [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 29)")]:
        browser.scheme(scheme)
        check(f"{scheme} is {scheme}", browser.run(background), colour)
        for place in ["header", "table.groups", "table.instances", "table.cves"]:
            browser.run("document.querySelector(arguments[0]).scrollIntoView()", place)
            browser.screenshot(folder / f"{scheme}-{place.rsplit('.')[-1]}.png")
    browser.scheme("dark", "print")
    check("print is black on white", browser.run(background), "rgb(255, 255, 255)")
    browser.pdf(folder / "print.pdf")
    browser.scheme("light")
    quiet(browser, "small, used")


def scripts_off(browser, folder):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open((folder / "small.html").as_uri())
    browser.screenshot(folder / "scripts-off.png")
    # The page's own script is off; what the driver runs is not.
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    state = "return [document.querySelectorAll('.controls, th button').length, document.querySelectorAll('table.instances tbody tr').length > 10]"
    check("without scripts the tables stand, without controls", browser.run(state), [0, True])


def large(browser, folder):
    url = (folder / "large.html").as_uri()
    opened = []
    for _ in range(ROUNDS):
        browser.open("about:blank")
        browser.open(url)
        # From the navigation until everything is parsed, run, laid out and could be painted.
        opened.append(browser.run(
            "void document.body.offsetHeight; const entry = performance.getEntriesByType('navigation')[0];"
            "return entry.loadEventEnd - entry.startTime"
        ))
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
        median = statistics.median(milliseconds)
        figures = ", ".join(f"{one:.0f}" for one in milliseconds)
        print(f"large: {what}: median {median:.0f} ms of {figures}")
        if median >= LIMIT_MS:
            raise SystemExit(f"large: {what} in {median:.0f} ms, the bar is {LIMIT_MS} ms")
    browser.run(measure, ".controls input", "input", "")
    browser.screenshot(folder / "large.png")
    quiet(browser, "large")


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    began = time.monotonic()
    with Browser() as browser:
        small(browser, folder)
        scripts_off(browser, folder)
        large(browser, folder)
    print(f"browser: all passed in {time.monotonic() - began:.1f} s; pictures are in {folder}")


main()
