"""Opens the editor of Tidepool.vst3 in pedalboard, a host by other people, and obeys the lines that it reads.

Called with the path of the bundle. `values` prints the value of each parameter, `close` closes the window, `open`
opens it again, and the end of the input ends the program. Blocks are processed all the time.
"""

import ctypes
import json
import sys
import threading
import time

import pedalboard

RATE = 48_000
BLOCK = 480

# Without a window manager JUCE asks for the properties of window 0, for which Xlib's own handler ends the process.
HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
IGNORE = HANDLER(lambda display, error: 0)
ctypes.CDLL("libX11.so.6").XSetErrorHandler(IGNORE)

plugin = pedalboard.load_plugin(sys.argv[1])
closing = threading.Event()
opening = threading.Event()
ended = threading.Event()


def say(**words):
    print(json.dumps(words), flush=True)


def play():
    while not ended.is_set():
        plugin.process(
            [], duration=BLOCK / RATE, sample_rate=RATE, num_channels=2, buffer_size=BLOCK, reset=False
        )
        time.sleep(BLOCK / RATE)


def obey():
    for line in sys.stdin:
        command = line.strip()
        if command == "values":
            say(values={name: value.raw_value for name, value in plugin.parameters.items()})
        elif command == "close":
            closing.set()
        elif command == "open":
            opening.set()
    ended.set()
    opening.set()
    closing.set()


for task in (play, obey):
    threading.Thread(target=task, daemon=True).start()
while not ended.is_set():
    plugin.show_editor(closing)
    closing.clear()
    say(closed=True)
    opening.wait()
    opening.clear()
