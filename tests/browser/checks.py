"""What every page of ours keeps to, whatever it shows: it is silent, loads nothing, fits, has three schemes and opens in time."""

import pathlib
import statistics
import sys
import time

from driver import Browser

# The bar: a large page opens within a second, by the median of five.
LIMIT_MS = 1000
ROUNDS = 5


def check(what, found, expected):
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")
    print(f"ok    {what}")


def quiet(browser, what):
    """Nothing was refused by the policy, failed, or asked the network for anything."""
    check(f"{what}: the console is silent", [line["message"] for line in browser.console()], [])
    loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    check(f"{what}: nothing was loaded", browser.run(loaded), [])


def fits(browser):
    sides = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    check("nothing sticks out", browser.run(sides), True)


def schemes(browser, places, stem):
    """Takes a picture of each place in light and dark, and prints; the names of the files begin with the stem."""
    background = "return getComputedStyle(document.body).backgroundColor"
    for scheme, colour in [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 29)")]:
        browser.scheme(scheme)
        check(f"{scheme} is {scheme}", browser.run(background), colour)
        for place in places:
            browser.run("document.querySelector(arguments[0]).scrollIntoView()", place)
            browser.screenshot(f"{stem}{scheme}-{place.rsplit('.')[-1].strip('#')}.png")
    browser.scheme("dark", "print")
    check("print is black on white", browser.run(background), "rgb(255, 255, 255)")
    browser.pdf(f"{stem}print.pdf")
    browser.scheme("light")


def without_scripts(browser, page, picture, controls, rows):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page.as_uri())
    browser.screenshot(picture)
    # The page's own script is off; what the driver runs is not.
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    state = "return [document.querySelectorAll(arguments[0]).length, document.querySelectorAll(arguments[1]).length > 10]"
    check("without scripts the tables stand, without controls", browser.run(state, controls, f"{rows} tbody tr"), [0, True])


def opens(browser, page):
    """Opens a page some times; returns the milliseconds from the navigation until it is parsed, run, and laid out."""
    opened = []
    for _ in range(ROUNDS):
        browser.open("about:blank")
        browser.open(page.as_uri())
        opened.append(browser.run(
            "void document.body.offsetHeight; const entry = performance.getEntriesByType('navigation')[0];"
            "return entry.loadEventEnd - entry.startTime"
        ))
    return opened


def within(what, milliseconds):
    median = statistics.median(milliseconds)
    print(f"{what}: median {median:.0f} ms of {', '.join(f'{one:.0f}' for one in milliseconds)}")
    if median >= LIMIT_MS:
        raise SystemExit(f"{what} in {median:.0f} ms, the bar is {LIMIT_MS} ms")


def main(*parts):
    """Runs the parts one after the other, each with the browser and the folder that the command line names."""
    folder = pathlib.Path(sys.argv[1]).resolve()
    began = time.monotonic()
    with Browser() as browser:
        for part in parts:
            part(browser, folder)
    print(f"browser: all passed in {time.monotonic() - began:.1f} s; pictures are in {folder}")
