"""Has the real dnf end what the table of scenarios begins, and says what it ended with.

Reads a JSON document on stdin (`stories.rs` writes it): the packages to make, each with what it provides and so on, and
the cases: what is installed, what is in which repository, and the words for dnf. Makes the packages with rpmbuild, the
repositories with createrepo_c, and a root with nothing but rpm's database for each installed set; runs dnf on a copy of
the root for each case; and prints, for each, dnf's exit code, the set that rpm lists afterwards, and what dnf did to
which package in its own words. Everything lies in the folder that is its argument. Nothing is compared here.

Run by Debian's own python3, which is the one that has dnf.
"""

import concurrent.futures
import ctypes
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import traceback

import dnf.cli.main
import dnf.sack

# libdnf's names for what a transaction does to a package, of `TransactionItemAction`.
ACTIONS = {
    1: "install", 2: "downgrade", 3: "downgraded", 4: "obsolete", 5: "obsoleted", 6: "upgrade", 7: "upgraded",
    8: "remove", 9: "reinstall", 10: "reinstalled", 11: "reason-change",
}
# rpm and dnf look for the database where this macro says; Debian's default depends on HOME.
MACROS = """%_dbpath /var/lib/rpm
%debug_package %{nil}
%_build_id_links none
%_binary_payload w0.gzdio
%__os_install_post %{nil}
%_fileattrsdir HOME
%__judge_path ^/usr/libexec/judge-
%__judge_provides() judge-program
"""
# By a file of this name, rpmbuild asks the macros above what a program provides, and no others.
ATTRIBUTES = "judge.attr"


def run(command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])} ends with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def spec(folder, target, number, packages):
    """One source package that makes them all; their names differ."""
    lines = [f"Name: round{number}\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n%description\n"]
    lines.append(f"%install\ninstall -D --mode 755 {folder}/program-{target} %{{buildroot}}/usr/libexec/judge-{target}")
    for package in packages:
        name = package["name"]
        lines.append(f"%package -n {name}\nSummary: s\nAutoReq: no")
        if package["epoch"]:
            # One of 0 would be written out in the NEVRA.
            lines.append(f"Epoch: {package['epoch']}")
        lines.append(f"Version: {package['version']}\nRelease: {package['release']}")
        if package["arch"] == "noarch":
            lines.append("BuildArch: noarch")
        if package["module"]:
            lines.append(f"ModularityLabel: {package['module']}")
        for word in ("provides", "requires", "obsoletes"):
            lines.extend(f"{word.capitalize()}: {what}" for what in package[word])
        lines.append(f"%description -n {name}\n%files -n {name}")
        if package["arch"] != "noarch":
            # Only a program that something is provided by has the "colour" by which rpm tells 32-bit twins from their
            # 64-bit ones: without, one replaces the other. All have the same program, so that none is in the way.
            lines.append(f"/usr/libexec/judge-{target}")
        if package["running"]:
            # By this file, which need not be there, libdnf finds the kernel that runs.
            lines.append(f"%ghost /boot/vmlinuz-{os.uname().release}")
    return "\n".join(lines) + "\n"


def make_packages(folder, packages):
    """Makes them with as few calls of rpmbuild as there are versions of one name. Returns where each lies."""
    rounds = {}
    for package in packages:
        target = "i686" if package["arch"] == "i686" else "x86_64"
        at = 0
        while package["name"] in rounds.setdefault((target, at), {}):
            at += 1
        rounds[target, at][package["name"]] = package
    specs = os.path.join(folder, "specs")
    os.makedirs(specs)
    for target, (bits, machine, size) in {"i686": (1, 3, 52), "x86_64": (2, 62, 64)}.items():
        with open(os.path.join(folder, f"program-{target}"), "wb") as file:
            # The header of an ELF program, and nothing behind it.
            header = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9) + struct.pack("<HHI", 3, machine, 1)
            file.write(header.ljust(size, b"\0"))

    def build(item):
        (target, at), of_round = item
        path = os.path.join(specs, f"{target}-{at}.spec")
        with open(path, "w", encoding="utf-8") as file:
            file.write(spec(folder, target, at, of_round.values()))
        run(["rpmbuild", "-bb", "--quiet", "--target", target, "--define", f"_topdir {folder}/build-{target}-{at}",
             "--define", f"_rpmdir {folder}/rpms", "--define", "_rpmfilename %{NEVRA}.rpm", path])

    each(build, rounds.items())
    return {package["nevra"]: os.path.join(folder, "rpms", package["nevra"] + ".rpm") for package in packages}


def each(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as crew:
        return list(crew.map(work, items))


def make_repository(folder, files, repository):
    """Makes a repository, or finds the one of the same content."""
    text = json.dumps(repository, sort_keys=True)
    path = os.path.join(folder, "repositories", hashlib.sha1(text.encode()).hexdigest()[:12])
    if not os.path.isdir(path):
        os.makedirs(path)
        for nevra in repository["packages"]:
            os.link(files[nevra], os.path.join(path, os.path.basename(files[nevra])))
        run(["createrepo_c", "--quiet", "--simple-md-filenames", path])
        if repository["modules"]:
            modules = os.path.join(path, "modules.yaml")
            with open(modules, "w", encoding="utf-8") as file:
                file.write(repository["modules"])
            run(["modifyrepo_c", "--mdtype=modules", modules, os.path.join(path, "repodata")])
    return path


def make_root(folder, files, case):
    """Makes a root in which these are installed, as far as rpm's database goes, or finds it."""
    text = json.dumps([case["installed"], case["enabled"]])
    root = os.path.join(folder, "roots", hashlib.sha1(text.encode()).hexdigest()[:12])
    if not os.path.isdir(root):
        os.makedirs(root)
        if case["installed"]:
            run(["rpm", "--root", root, "--install", "--justdb", "--nodeps", "--noscripts", "--ignorearch",
                 "--oldpackage"] + [files[nevra] for nevra in case["installed"]])
        else:
            run(["rpm", "--root", root, "--initdb"])
        states = os.path.join(root, "etc/dnf/modules.d")
        os.makedirs(states)
        for module, stream in (name.split(":") for name in case["enabled"]):
            with open(os.path.join(states, f"{module}.module"), "w", encoding="utf-8") as file:
                file.write(f"[{module}]\nname={module}\nstream={stream}\nprofiles=\nstate=enabled\n")
    return root


def installed_in(root):
    listed = run(["rpm", "--root", root, "-qa", "--qf", "%{NEVRA}\\n"])
    return sorted(line for line in listed.splitlines() if line)


def judge(folder, number, case, root, repositories):
    """Has dnf do it, in this process, which is made for it alone."""
    copy = os.path.join(folder, "cases", str(number))
    shutil.copytree(root, copy)
    before = installed_in(copy)
    config, said = copy + ".conf", copy + ".said"
    with open(config, "w", encoding="utf-8") as file:
        file.write("[main]\ngpgcheck=0\nplugins=0\nreposdir=/nonexistent\nvarsdir=/nonexistent\n")
        # What Oracle Linux 8 ships in its dnf.conf.
        file.write("installonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n")
        for name, path in repositories.items():
            file.write(f"[{name}]\nname={name}\nbaseurl=file://{path}\n")
    os.makedirs(copy + ".log")
    settings = [f"logdir={copy}.log", "cachedir=/cache", "module_platform_id=platform:el8", "tsflags=justdb", "color=never"]
    options = ["--config", config, "--installroot", copy, "--releasever=8", "--forcearch=x86_64", "--assumeyes"]
    options += [f"--setopt={setting}" for setting in settings]
    with open(said, "w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        code = dnf.cli.main.user_main([*options, *case["words"]])
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    with open(said, encoding="utf-8") as file:
        text = file.read().strip()
    answer = {"code": code, "before": before, "after": installed_in(copy), "actions": actions(copy), "said": text}
    with open(copy + ".json", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    shutil.rmtree(copy)


def judge_all(folder, jobs):
    """Judges as many cases at a time as there are processors, each in a process of its own that has dnf loaded: half of
    what a call of dnf takes is Python's loading of it."""
    open_jobs = {}
    for job in jobs:
        if len(open_jobs) >= os.cpu_count():
            wait_for_one(open_jobs)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                judge(folder, *job)
                code = 0
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(code)
        open_jobs[child] = job[0]
    while open_jobs:
        wait_for_one(open_jobs)
    answers = []
    for number, *_ in jobs:
        with open(os.path.join(folder, "cases", f"{number}.json"), encoding="utf-8") as file:
            answers.append(json.load(file))
    return answers


def wait_for_one(open_jobs):
    child, status = os.wait()
    number = open_jobs.pop(child)
    if status:
        raise SystemExit(f"case {number} ends with {status}")


def actions(root):
    """What dnf wrote into its history: pairs of its word and a NEVRA."""
    path = os.path.join(root, "var/lib/dnf/history.sqlite")
    if not os.path.exists(path):
        return []
    # libdnf's history keeps the epoch apart, 0 too.
    query = """SELECT action, name, epoch, version, release, arch FROM trans_item
               JOIN rpm ON rpm.item_id = trans_item.item_id ORDER BY name, arch, action"""
    with sqlite3.connect(path) as history:
        rows = history.execute(query).fetchall()
    epoch = lambda number: f"{number}:" if number else ""
    return [[ACTIONS.get(row[0], str(row[0])), f"{row[1]}-{epoch(row[2])}{row[3]}-{row[4]}.{row[5]}"] for row in rows]


def look_for_the_kernel():
    """Has libdnf look for the running kernel in the root, which it does for `/` alone: the package with its file."""
    library = ctypes.CDLL("libdnf.so.2")
    set_function = library["_Z30dnf_sack_set_running_kernel_fnP8_DnfSackPFiS0_E"]
    set_function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    find = ctypes.cast(library["_Z14running_kernelP8_DnfSack"], ctypes.c_void_p)
    build = dnf.sack._build_sack

    def build_and_look(base):
        sack = build(base)
        # Behind the head of the Python object, its reference count and its type, stands the pointer.
        set_function(ctypes.c_void_p.from_address(id(sack) + object.__basicsize__).value, find)
        return sack

    dnf.sack._build_sack = build_and_look


def main():
    folder = sys.argv[1]
    look_for_the_kernel()
    home = os.path.join(folder, "home")
    os.makedirs(home)
    with open(os.path.join(home, ".rpmmacros"), "w", encoding="utf-8") as file:
        file.write(MACROS.replace("HOME", home))
    with open(os.path.join(home, ATTRIBUTES), "wb"):
        pass
    os.environ.update(HOME=home, LC_ALL="C.UTF-8", TZ="UTC")
    asked = json.load(sys.stdin)
    files = make_packages(folder, asked["packages"])
    cases = asked["cases"]
    # Those that are shared are made first, one after the other for one content.
    roots = [make_root(folder, files, case) for case in cases]
    repositories = [
        {one["name"]: make_repository(folder, files, one) for one in case["repositories"]} for case in cases
    ]
    os.makedirs(os.path.join(folder, "cases"))
    jobs = list(zip(range(len(cases)), cases, roots, repositories))
    json.dump(judge_all(folder, jobs), sys.stdout)


main()
