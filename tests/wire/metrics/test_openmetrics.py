"""The text of metrics is OpenMetrics, by the parser of prometheus-client."""

from __future__ import annotations

from hadoopless.wire.metrics.openmetrics import Kind, Metric, Sample, page
from tests.metric_names import all_metrics
from tests.scrapes import helps, values


def test_a_page():
    told = [
        (Metric("a", Kind.INFO, "About."), [Sample(1)]),
        (Metric("b_bytes", Kind.COUNTER, "Bytes.", ("way",), "bytes"), [Sample(3, ("in",))]),
        (Metric("c", Kind.GAUGE, "None now."), []),
    ]
    assert page(told) == (
        b"# TYPE a info\n# HELP a About.\na_info 1\n"
        b"# TYPE b_bytes counter\n# UNIT b_bytes bytes\n# HELP b_bytes Bytes.\n"
        b'b_bytes_total{way="in"} 3\n'
        b"# TYPE c gauge\n# HELP c None now.\n# EOF\n"
    )


def test_words_that_need_escapes():
    words = 'a "b"\\\nc\udcff'
    text = page([(Metric("a", Kind.GAUGE, words, ("word",)), [Sample(0.1234567, (words,))])])
    assert helps(text) == {"a": 'a "b"\\\nc\\udcff'}
    assert values(text) == {("a", 'a "b"\\\nc\\udcff'): 0.123457}


def test_large_numbers_stay_whole():
    assert values(page([(Metric("a", Kind.COUNTER, "A."), [Sample(1 << 60)])])) == {
        ("a_total",): float(1 << 60)
    }


def test_every_metric_can_be_told():
    metrics = all_metrics()
    assert len(metrics) > 20
    told = [
        (metric, [Sample(1, ("x",) * len(metric.labels))]) for _, metric in sorted(metrics.items())
    ]
    assert {key[0] for key in values(page(told))} == metrics.keys()
