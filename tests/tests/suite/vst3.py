"""Plays Tidepool.vst3 in pedalboard, a host by other people, and checks what comes out.

Called with the path of the bundle and that of parameters.txt; ends with a failed assertion or silently.
"""

import sys

import numpy
import pedalboard

RATE = 48_000


def load():
    return pedalboard.load_plugin(BUNDLE)


def note(key, start, end):
    """MIDI messages with their seconds, as pedalboard takes them."""
    return [(bytes([0x90, key, 100]), start), (bytes([0x80, key, 0]), end)]


def play(plugin, messages, seconds=1.0, block=512):
    return plugin.process(
        messages, duration=seconds, sample_rate=RATE, num_channels=2, buffer_size=block, reset=True
    )


def pitch(audio):
    """The strongest frequency in the middle of the first second."""
    middle = audio[0][RATE // 8 : RATE // 2]
    spectrum = numpy.abs(numpy.fft.rfft(middle * numpy.hanning(len(middle)), 1 << 18))
    return numpy.argmax(spectrum) * RATE / (1 << 18)


def test_is_an_instrument_with_sound():
    plugin = load()
    assert plugin.is_instrument and plugin.name == "Tidepool", plugin.name
    audio = play(plugin, note(69, 0.0, 0.7))
    assert audio.shape == (2, RATE), audio.shape
    assert numpy.isfinite(audio).all()
    assert 0.01 < numpy.abs(audio).max() < 4.0, numpy.abs(audio).max()


def test_silence_without_notes():
    assert not play(load(), []).any()


def test_pitch():
    for key in (57, 69, 76):
        expected = 440.0 * 2.0 ** ((key - 69) / 12)
        found = pitch(play(load(), note(key, 0.0, 0.7)))
        # The fundamental of a filtered saw is its strongest partial.
        assert abs(found / expected - 1) < 0.01, (key, found, expected)


def test_parameters_have_names_units_and_no_strangers():
    with open(PARAMETERS, encoding="utf-8") as file:
        promised = [line.split()[0] for line in file if not line.startswith("#")]
    parameters = load().parameters
    # The parameters that stand for MIDI controllers are recognised by their titles and left out.
    assert len(promised) <= len(parameters) <= len(promised) + 4, list(parameters)
    for name in ("cutoff", "resonance", "attack", "release", "volume"):
        assert any(name in key for key in parameters), (name, list(parameters))
    cutoff = next(value for key, value in parameters.items() if key.startswith("cutoff"))
    assert "Hz" in cutoff.string_value or cutoff.label.endswith("Hz"), cutoff


def cutoff_of(plugin):
    return next(value for key, value in plugin.parameters.items() if key.startswith("cutoff"))


def test_a_parameter_is_heard():
    bright, dark = load(), load()
    cutoff_of(dark).raw_value = 0.1
    loudness = [numpy.abs(numpy.diff(play(plugin, note(57, 0.0, 0.7))[0])).mean() for plugin in (bright, dark)]
    assert loudness[1] < 0.7 * loudness[0], loudness


def test_state_round_trip():
    plugin = load()
    cutoff_of(plugin).raw_value = 0.3
    # VST3 passes a new value with the next block; a state contains it before.
    state = plugin.raw_state
    reference = play(plugin, note(60, 0.0, 0.7))
    other = load()
    assert not numpy.array_equal(play(other, note(60, 0.0, 0.7)), reference)
    other.raw_state = state
    assert abs(cutoff_of(other).raw_value - 0.3) < 1e-6, cutoff_of(other).raw_value
    assert numpy.array_equal(play(other, note(60, 0.0, 0.7)), reference)


def test_blocks_make_no_difference():
    messages = note(48, 0.0, 0.5) + note(60, 0.1, 0.4) + note(67, 0.2003, 0.6)
    messages.sort(key=lambda message: message[1])
    reference = play(load(), messages, block=512)
    for block in (32, 100, 8192):
        assert numpy.array_equal(play(load(), messages, block=block), reference), block


def test_many_instances():
    plugins = [load() for _ in range(8)]
    reference = play(plugins[0], note(60, 0.0, 0.2), 0.3)
    for plugin in plugins[1:]:
        assert numpy.array_equal(play(plugin, note(60, 0.0, 0.2), 0.3), reference)


if __name__ == "__main__":
    _, BUNDLE, PARAMETERS = sys.argv
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"vst3.py {name} ... ok", flush=True)
