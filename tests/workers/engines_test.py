"""The engines' programs, each played by a script that keeps to the contract of the real one: its flags, its files, its failures. The
real pocketsphinx is heard in speech_test.py."""

import json
import os
import stat
import shutil
import sys

import pytest

from worker import Story, Worker, wav

# whisper-cli (whisper.cpp): writes OUTBASE.json; exit 3 without a model; exit 0 without a file for what it cannot decode.
WHISPER_CLI = """
arguments = sys.argv[1:]
value = lambda flag: arguments[arguments.index(flag) + 1]
gpu = "-ng" not in arguments
note(gpu=gpu, device=os.environ.get("CUDA_VISIBLE_DEVICES"))
if not os.path.exists(value("-m")):
    sys.exit(3)
if gpu and os.path.exists(here + "/gpu-is-broken"):
    sys.stderr.write("ggml_cuda_init: failed to initialize CUDA: out of memory\\n")
    os.abort()
assert "-ojf" in arguments and "-np" in arguments and value("-l") == "auto"
if os.path.exists(here + "/cannot-decode"):
    sys.exit(0)
json.dump({"model": {"type": "tiny"}, "result": {"language": "fr"}, "transcription": [
    {"offsets": {"from": 0, "to": 900}, "text": " bonjour", "tokens": [{"text": " bonjour", "offsets": {"from": 0, "to": 900}, "p": 0.5}]}]},
    open(value("-of") + ".json", "w"))
"""

# whisper, whisper-ctranslate2, whisperx: FOLDER/<name of the audio>.json.
WHISPER = """
audio, arguments = sys.argv[1], sys.argv[2:]
value = lambda flag: arguments[arguments.index(flag) + 1]
note(device=value("--device"))
assert value("--output_format") == "json" and "--model=small" in arguments and "--language=de" in arguments
name = os.path.splitext(os.path.basename(audio))[0]
json.dump({"text": " hallo welt", "language": "de", "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " hallo welt"}]},
          open(os.path.join(value("--output_dir"), name + ".json"), "w"))
"""

NVIDIA_SMI = """
assert sys.argv[1:] == ["-L"]
print("GPU 0: NVIDIA A10G (UUID: GPU-1)")
print("GPU 1: NVIDIA A10G (UUID: GPU-2)")
"""


class Machine:
    """A PATH with the programs that a test puts there, and the notes that they leave."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()
        self.path = f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"

    def has(self, name, code):
        program = self.folder / name
        program.write_text(f"#!{sys.executable}\nimport json, os, sys\nhere = {str(self.folder)!r}\n"
                           "def note(**what):\n    with open(here + '/notes', 'a') as notes: notes.write(json.dumps(what) + '\\n')\n" + code)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return self

    def notes(self):
        return [json.loads(line) for line in (self.folder / "notes").read_text().splitlines()]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "bin")


@pytest.fixture
def buckets(tmp_path):
    wav(tmp_path / "buckets/uploads/a.wav", seconds=1)
    (tmp_path / "model.bin").write_bytes(b"ggml")
    return tmp_path / "buckets"


@pytest.fixture
def story(aws):
    return Story(aws)


def worker(story, machine, buckets, *arguments):
    return Worker(story.aws.endpoint, ["--bus", story.bus, *arguments], buckets, story.aws.account, path=machine.path)


def whisper_cpp(story, machine, buckets, *arguments):
    return worker(story, machine.has("whisper-cli", WHISPER_CLI), buckets, "--engine", "whisper-cpp", "--model",
                  buckets.parent / "model.bin", *arguments)


def test_whisper_cpp_on_a_cpu(story, machine, buckets):
    with whisper_cpp(story, machine, buckets, "--device", "cpu"):
        story.upload("uploads", "a.wav")
        [detail] = story.events(1)
    metadata = detail["transcriptMetadata"]
    assert (metadata["language"], metadata["model"], metadata["confidence"], metadata["timestamps"]) == ("fr", "tiny", 0.5, True)
    assert (buckets / "uploads/a.wav.txt").read_text() == "bonjour\n"
    assert machine.notes() == [{"gpu": False, "device": ""}]


def test_whisper_cpp_gets_the_gpu_that_the_machine_has(story, machine, buckets):
    machine.has("nvidia-smi", NVIDIA_SMI)
    with whisper_cpp(story, machine, buckets, "--metrics-listen", "127.0.0.1:0") as running:
        for _ in range(6):
            story.upload("uploads", "a.wav")
        assert {detail["status"] for detail in story.events(6)} == {"completed"}
        metrics = running.metrics()
        assert "jobs=2 gpus=2" in running.log()
    assert {note["gpu"] for note in machine.notes()} == {True} and {note["device"] for note in machine.notes()} <= {"0", "1"}
    assert metrics['transcription_slots{device="gpu"}'] == 2 and metrics['transcription_audio_seconds_total{device="gpu"}'] == 6
    assert metrics["transcription_gpu_fallbacks_total"] == 0


def test_a_gpu_that_fails_leaves_the_job_to_the_cpu(story, machine, buckets):
    machine.has("nvidia-smi", NVIDIA_SMI)
    (machine.folder / "gpu-is-broken").touch()
    with whisper_cpp(story, machine, buckets, "--jobs", "1", "--metrics-listen", "127.0.0.1:0") as running:
        story.upload("uploads", "a.wav")
        [detail] = story.events(1)
        metrics = running.metrics()
    assert detail["status"] == "completed"
    assert machine.notes() == [{"gpu": True, "device": "0"}, {"gpu": False, "device": ""}]
    assert metrics["transcription_gpu_fallbacks_total"] == 1 and metrics['transcription_audio_seconds_total{device="cpu"}'] == 1


def test_exit_0_without_a_result_is_a_failure(story, machine, buckets):
    (machine.folder / "cannot-decode").touch()
    with whisper_cpp(story, machine, buckets, "--device", "cpu"):
        story.upload("uploads", "a.wav")
        [detail] = story.events(1)
    assert detail["error"] == {"code": "EngineFailed", "message": "whisper-cpp: the engine wrote no transcript.json",
                               "retryable": False}


def test_a_missing_model_is_told(story, machine, buckets):
    (buckets.parent / "model.bin").unlink()
    with whisper_cpp(story, machine, buckets, "--device", "cpu", "--retry-delay", "0s"):
        story.upload("uploads", "a.wav")
        [detail] = story.events(1)
    assert detail["error"] == {"code": "EngineFailed", "message": "whisper-cpp: exit 3", "retryable": True}


def test_whisper_and_its_like(story, machine, buckets):
    machine.has("whisper", WHISPER)
    with worker(story, machine, buckets, "--engine", "whisper-json", "--model", "small", "--language", "de"):
        story.upload("uploads", "a.wav")
        [detail] = story.events(1)
    metadata = detail["transcriptMetadata"]
    assert (metadata["language"], metadata["model"], metadata["wordCount"], metadata["timestamps"]) == ("de", "small", 2, False)
    assert machine.notes() == [{"device": "cpu"}]


@pytest.mark.parametrize("arguments, says", [(["--engine", "whisper-json"], "whisper: there is no such program"),
                                             (["--engine", "command", "--engine-command", "/no/engine {audio}"], "/no/engine"),
                                             (["--engine", "whisper-json", "--engine-command", "true {device}", "--device", "gpu"],
                                              "this machine has no GPU"),
                                             (["--engine", "command", "--engine-command", "true {audio}", "--device", "gpu"],
                                              "command makes no use of one")])
def test_what_is_missing_is_said_at_start(story, machine, buckets, arguments, says):
    if os.path.exists("/dev/nvidia0"):
        pytest.skip("this machine has a GPU")
    running = worker(story, machine, buckets, *arguments).start(wait=False)
    try:
        assert running.process.wait(30) == 1
        assert says in running.log()
    finally:
        running.__exit__(None, None, None)


@pytest.mark.parametrize("converter", ["ffmpeg", "sox"])
def test_audio_is_made_what_engines_take(story, machine, buckets, converter):
    if shutil.which(converter) is None:
        pytest.skip(f"SKIPPED: {converter} is not installed")
    wav(buckets / "uploads/stereo.wav", seconds=2, rate=44_100, channels=2)
    machine.has("look", "import wave\nw = wave.open(sys.argv[1])\n"
                        "print(json.dumps({'text': ' '.join(map(str, (w.getframerate(), w.getnchannels(), w.getsampwidth())))}))")
    with worker(story, machine, buckets, "--engine", "command", "--engine-command", "look {audio}", "--converter", converter):
        story.upload("uploads", "stereo.wav")
        [detail] = story.events(1)
    assert detail["status"] == "completed", detail
    assert (buckets / "uploads/stereo.wav.txt").read_text() == "16000 1 2\n"
    assert abs(detail["transcriptMetadata"]["duration"] - 2) < 0.01


@pytest.mark.parametrize("converter", ["ffmpeg", "sox"])
def test_what_is_no_audio_is_told_apart(story, machine, buckets, converter):
    if shutil.which(converter) is None:
        pytest.skip(f"SKIPPED: {converter} is not installed")
    (buckets / "uploads/note.wav").write_text("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n/etc/hostname\n#EXT-X-ENDLIST\n")
    machine.has("never", "sys.exit('this must not run')")
    with worker(story, machine, buckets, "--engine", "command", "--engine-command", "never {audio}", "--converter", converter):
        story.upload("uploads", "note.wav")
        [detail] = story.events(1)
    assert detail["error"]["code"] == "UnsupportedAudio", detail
