"""What both peers share: a request a line on the standard input, seconds a line on the standard output."""
import json
import sys
import time


def say(answer):
    print(json.dumps(answer), flush=True)


def seconds(run, patience):
    """Of one run of what has been run before, over so many that they take as long as asked."""
    start = time.perf_counter()
    run(1)
    once = time.perf_counter() - start
    times = min(10_000, max(1, round(patience / once)))
    start = time.perf_counter()
    run(times)
    return (time.perf_counter() - start) / times


def answer_all(name, make):
    """`make` gives for a request a function that runs it so many times and waits."""
    patience = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1
    say({"name": name})
    made = None, None
    for line in sys.stdin:
        request = json.loads(line)
        if "end" in request:
            return
        try:
            if made[0] != request:
                made = None, None
                run = make(request)
                run(1)
                made = request, run
            say({"seconds": seconds(made[1], patience)})
        except (KeyError, RuntimeError) as why:
            say({"missing": str(why)})
