from pipeline.cli.opencv import OpencvState, repairs, state


def test_the_installed_build_loads():
    assert state().advice == ""


def test_missing_display_library_is_answered_with_the_headless_build_of_the_same_version():
    broken = OpencvState((("opencv-python", "4.12.0.88"),), "ImportError: libGL.so.1: cannot open shared object file")

    assert "libGL.so.1" in broken.advice
    assert repairs(broken) == [
        ["uninstall", "--yes", "opencv-python"],
        ["install", "opencv-python-headless==4.12.0.88"],
    ]


def test_two_builds_at_once_are_found_even_when_the_import_happens_to_work():
    both = OpencvState((("opencv-python", "4.12.0.88"), ("opencv-python-headless", "4.11.0.86")), "")

    assert "at once" in both.advice
    assert repairs(both)[0] == ["uninstall", "--yes", "opencv-python", "opencv-python-headless"]


def test_a_sound_build_is_left_alone():
    assert repairs(OpencvState((("opencv-python-headless", "4.12.0.88"),), "")) == []
