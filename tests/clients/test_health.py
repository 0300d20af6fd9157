"""A server starts, says that it is well, and keeps its data directory to itself."""

import requests


def test_a_new_server_says_that_it_is_well(portico):
    for path in ("/healthz", "/readyz"):
        answer = requests.get(portico.url + path, timeout=10)
        assert answer.status_code == 200, (path, answer.text)


def test_a_new_server_prints_one_setup_link(portico):
    link = portico.setup_link()
    assert link.startswith("http://")
    assert portico.stdout.count("/setup#") == 1
    assert portico.stderr.count(link.split("#")[1]) == 0, "the code is a secret and does not belong in the log"


def test_it_ends_when_asked_and_starts_again_on_its_data(portico):
    assert portico.stop() == 0
    portico.start()
    portico.kill_9()
    portico.start()


def test_a_second_server_refuses_the_same_data_directory(portico, make_portico):
    second = make_portico(env={"PORTICO_DATA_DIR": str(portico.data_dir)})

    ended = second.run("serve", timeout=20)

    assert ended.returncode != 0
    lines = [line for line in ended.stderr.splitlines() if str(portico.data_dir) in line]
    assert lines, f"nothing names the data directory:\n{ended.stderr}"
    assert "panicked" not in ended.stderr
    assert "/setup#" not in ended.stdout
    assert requests.get(portico.url + "/readyz", timeout=10).status_code == 200, "the first server goes on"
