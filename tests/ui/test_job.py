"""A command that a page began: how far it is, what it said, what is wrong, and its end."""

from riskindex.ui.job import Job


def test_a_check_says_its_stages_and_what_it_found(county_config):
    ended = Job("check", [str(county_config)]).wait(120)
    assert (ended.state, ended.faults) == ("done", ())
    assert ended.stages > 0
    assert any("events" in line for line in ended.lines)


def test_faults_come_one_by_one_without_the_name_of_the_program(tmp_path):
    config = tmp_path / "bad.toml"
    config.write_text('title = "x"\nplace = "y"\n')
    ended = Job("check", [str(config)]).wait(120)
    assert ended.state == "failed"
    assert len(ended.faults) >= 2
    assert all(fault.startswith("bad.toml: ") for fault in ended.faults)


def test_a_stopped_run_leaves_no_result(county_config, tmp_path):
    job = Job("run", [str(county_config), "--out", str(tmp_path / "result")])
    job.stop()
    assert job.progress.state == "stopped"
    assert job.progress.faults == ()
    assert list(tmp_path.iterdir()) == []
