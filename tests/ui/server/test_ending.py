"""A signal ends the process as it should, once everything is cleared away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other signals.")

CHILD = """
import signal, sys, time
from humanseg.ui.server.ending import clear_on_signals
{before}
def clear():
    print("clearing", flush=True)
    sys.stdin.readline()
    print("cleared", flush=True)
    {fault}
clear_on_signals(clear)
print("ready", flush=True)
while True:
    time.sleep(0.1)  # a signal just before a sleep is heard after it
"""


def child(before: str = "", fault: str = "") -> subprocess.Popen:
    code = CHILD.format(before=before, fault=fault)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    out, errors = process.communicate("\n", timeout=30)
    return process.returncode, out, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_everything_is_cleared_and_the_exit_status_is_the_signals(number):
    process = child()
    process.send_signal(number)
    assert ended(process) == (-number, "clearing\ncleared\n", "")


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_interrupt_the_clearing(second):
    process = child()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "clearing\n"
    process.send_signal(second)
    assert ended(process) == (-signal.SIGINT, "cleared\n", "")


def test_a_clearing_that_fails_ends_the_process_all_the_same():
    process = child(fault="raise OSError('full')")
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == -signal.SIGTERM


def test_under_nohup_the_page_outlasts_its_terminal():
    process = child(before="signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert ended(process)[0] == -signal.SIGTERM


def test_a_job_that_a_script_has_put_into_the_background_ends_on_sigint_too():
    process = child(before="signal.signal(signal.SIGINT, signal.SIG_IGN)")
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == -signal.SIGINT
