"""What `python -m hornlet` understands."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from hornlet.cli.demo import EPOCHS, run_demo
from hornlet.cli.explain import run_explain
from hornlet.cli.files import run_inspect, run_verify
from hornlet.cli.predict import run_predict
from hornlet.cli.run import run_script, script_file
from hornlet.experiments.command import list_experiments, run_experiments


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    Args:
        arguments: the words after `python -m hornlet`, by default those of this process.

    >>> from hornlet.cli import main
    >>> main(["predict", "/nowhere.keras", "letter.png"])
    1
    """
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m hornlet",
        description="Learn handwritten letters and read them; run programs written for Keras.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="learn the letters a d e g h p, draw how well")
    demo.add_argument("--model", choices=sorted(EPOCHS), default="dense", help="which network")
    demo.add_argument("--seed", type=int, default=0, help="of all random numbers (default 0)")
    demo.add_argument("--epochs", type=int, help="passes over the letters")
    demo.add_argument("--out", default="out", help="folder for the results (default out)")
    predict = commands.add_parser("predict", help="name the letter in pictures")
    predict.add_argument("file", metavar="FILE", help="a .keras file, out/letters.keras")
    predict.add_argument("pictures", metavar="PICTURE", nargs="+", help="a picture of one letter")
    run = commands.add_parser("run", help="run a program written for Keras on hornlet")
    run.add_argument("script", metavar="SCRIPT", type=script_file, help="a Python file")
    run.add_argument("rest", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="for the program")
    report = commands.add_parser("experiments", help="run the report's experiments and judge them")
    report.add_argument("names", metavar="NAME", nargs="*", help="which ones (default all)")
    report.add_argument("--full", action="store_true", help="larger grids, more letters and steps")
    report.add_argument("--seeds", type=int, default=3, help="for each run (default 3)")
    report.add_argument(
        "--out", default="out/experiments", help="folder for the results (default out/experiments)"
    )
    report.add_argument("--jobs", type=int, help="processes side by side (default all cores)")
    report.add_argument("--list", action="store_true", help="show all names and stop")
    explain = commands.add_parser("explain", help="show what the engine makes of a model")
    explain.add_argument("what", metavar="demo|FILE", help="the demo's network or a .keras file")
    explain.add_argument("--out", default="out/explain.html", help="the page to write")
    inspect = commands.add_parser("inspect", help="show what is in a file, building nothing")
    inspect.add_argument("file", metavar="FILE", help="a file of a model or of weights")
    verify = commands.add_parser("verify", help="say whether a file loads, and why not")
    verify.add_argument("file", metavar="FILE", help="a file of a model or of weights")
    options = parser.parse_args(arguments)
    if options.command == "run":  # its errors are the program's own, shown whole
        run_script(options.script, options.rest)
        return 0
    try:
        if options.command == "demo":
            run_demo(options.model, options.seed, options.epochs, options.out)
        elif options.command == "explain":
            run_explain(options.what, options.out)
        elif options.command == "inspect":
            run_inspect(options.file)
        elif options.command == "verify":
            run_verify(options.file)
        elif options.command == "experiments":
            dose = "full" if options.full else "default"
            if options.list:
                print(list_experiments(dose, options.seeds))
            else:
                run_experiments(options.names, dose, options.seeds, options.out, options.jobs)
        else:
            run_predict(options.file, options.pictures)
    except (OSError, ValueError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0
