"""Settings of `train` blocks: defaults, overrides, and every way to get one wrong."""

import subprocess
import sys

import pytest
from archc.compiler.check import check_text
from archc.compiler.settings import split_overrides
from archc.grammar.diagnostic import ProgramError
from archc.grammar.parse import parse
from archc.runtime.augment import KINDS
from archc.runtime.data import source_settings, sources
from archc.runtime.declared import (
    AUGMENTATIONS,
    LOSSES,
    METRICS,
    OPTIMISERS,
    SCHEDULES,
    SOURCES,
    Field,
    fits,
    signature,
)
from archc.runtime.losses import LOSSES as WRITTEN_LOSSES
from archc.runtime.metrics import METRICS as WRITTEN_METRICS
from archc.runtime.optimisers import OPTIMISERS as WRITTEN_OPTIMISERS
from archc.runtime.plan import Plan, check_settings, make_plan
from archc.runtime.resolve import resolved_text
from archc.runtime.schedules import SHAPES
from archc.runtime.settings import Setting, settings_of

NETWORK = """
let rate = 2e-3
network Net(width: int = 4) on image: f32[N, 1, 8, 8]
                            -> logits: f32[N, 10], features: f32[N, width] {
    features = image -> flatten -> dense(width)
    (features -> relu -> dense(10), features)
}
"""


def codes(block: str) -> list[str]:
    checked = check_text(NETWORK + block)
    assert checked.ok
    return [report.code for report in check_settings(checked)]


def plan_of(block: str, **overrides: str) -> Plan:
    checked = check_text(NETWORK + block)
    return make_plan(checked, checked.graph(), None, overrides)


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("train Net { epoch = 3 }", "E431"),
        ("train Net { epochs = 3, epochs = 4 }", "E432"),
        ("train Net { epochs = 2.5 }", "E433"),
        ("train Net { epochs = 0 }", "E433"),
        ("train Net { epochs = true }", "E433"),
        ("train Net { optimizer = 3 }", "E433"),
        ("train Net { optimizer = adam(betas=[0.9, 0.99, 0.999]) }", "E433"),
        ("train Net { precision = f64 }", "E433"),
        ("train Net { optimizer = adamm(lr=1) }", "E434"),
        ("train Net { data = digit() }", "E434"),
        ("train Net { metrics = [accuracy, acuracy] }", "E434"),
        ("train Net { optimizer = adam(rate=1) }", "E435"),
        ("train Net { data = digits(3) }", "E436"),
        ("train Net { data = csv() }", "E437"),
        ("train Nett { epochs = 3 }", "E438"),
        ("train Net { loss = mse(of=feature) }", "E439"),
        ("train Net { loss = mse(of=features, target=pictures) }", "E439"),
        ("train Net { epochs = 1 }\ntrain Net { epochs = 2 }", "E441"),
        ("train Net { optimizer = adam(rate, lr=1) }", "E442"),
    ],
)
def test_what_cannot_be_meant_is_said(block: str, code: str) -> None:
    assert codes(block) == [code]


def test_a_right_block_is_right_in_all_its_forms() -> None:
    block = """
    train Net {
        data = digits(test=0.3), optimizer = adamw(rate, no_decay=["*.bias"])
        loss = [cross_entropy(0.1, of=logits), mse(of=features, target=image) * 0.1 * 2]
        metrics = [accuracy, f1(of=logits)], augment = [shift, noise(std=0.1)]
        schedule = step(every=2), clip = 1.0, freeze = "dense.*", precision = auto
    }
    train quick: Net { epochs = 1 }
    """
    assert codes(block) == []
    plan = plan_of(block)
    assert plan.optimizer.values["lr"] == 2e-3
    assert [(str(loss), loss.factor) for loss in plan.losses][1][1] == pytest.approx(0.2)
    assert plan.freeze == ("dense.*",)
    assert plan.to_json()["augment"] == ["shift()", "noise(std=0.1)"]


def test_what_is_not_set_is_assumed_and_said() -> None:
    plan = plan_of("")
    assert (plan.data.name, plan.optimizer.name, plan.epochs, plan.batch) == (
        "digits", "adamw", 10, 64,
    )  # fmt: skip
    assert len(plan.assumed) == 5


def test_overrides_replace_settings_and_arguments() -> None:
    block = (
        "train Net { epochs = 20, optimizer = adamw(lr=1e-3, weight_decay=0.5), schedule = cosine }"
    )
    overrides = {"epochs": "5", "optimizer.lr": "0.1", "schedule.warmup": "2", "batch": "7"}
    plan = plan_of(block, **overrides)
    assert (plan.epochs, plan.batch) == (5, 7)
    assert str(plan.optimizer) == "adamw(lr=0.1, weight_decay=0.5)"
    assert str(plan.schedule) == "cosine(warmup=2.0)"


@pytest.mark.parametrize("overrides", [{"epochs": "1 +"}, {"epoch": "1"}, {"batch.x": "1"}])
def test_a_wrong_override_is_refused(overrides: dict[str, str]) -> None:
    with pytest.raises(ProgramError):
        plan_of("train Net { epochs = 2 }", **overrides)


def test_overrides_are_told_from_hyperparameters() -> None:
    pairs = [("width", "3"), ("train.optimizer.lr", "1")]
    assert split_overrides(pairs) == ({"width": "3"}, {"optimizer.lr": "1"})


def test_a_named_block_is_chosen() -> None:
    checked = check_text(NETWORK + "train a: Net { epochs = 1 }\ntrain b: Net { epochs = 2 }")
    assert make_plan(checked, checked.graph(), "b").epochs == 2
    for wanted in (None, "c"):
        with pytest.raises(ProgramError) as caught:
            make_plan(checked, checked.graph(), wanted)
        assert caught.value.diagnostics[0].code == "E440"


def test_the_resolved_program_needs_no_flags() -> None:
    checked = check_text(NETWORK + "train Net { epochs = 20 }")
    plan = make_plan(checked, checked.graph(), None, {"epochs": "5", "optimizer": "lion(lr=1e-4)"})
    text = resolved_text(checked.program, plan.block, {"width": "6"})
    assert not parse(text).reports
    again = check_text(text)
    assert again.graph().hyperparameters["width"] == 6
    assert make_plan(again, again.graph()).to_json() == plan.to_json()


def test_declared_sources_and_augmentations_are_those_that_do_the_work() -> None:
    # A source that is declared nowhere works too: it is only slower to check.
    assert set(SOURCES) <= set(sources())
    for name, text in SOURCES.items():
        assert list(signature(text).values()) == [_field(item) for item in source_settings(name)], (
            name
        )
    assert set(AUGMENTATIONS) == set(KINDS)
    for name, text in AUGMENTATIONS.items():
        assert list(signature(text).values()) == [_field(item) for item in settings_of(KINDS[name])]


def _field(item: Setting) -> Field:
    text = None if item.required else _written(item.default)
    return Field(item.name, item.type, (), text, item.positional)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def test_whatever_is_declared_is_written() -> None:
    assert set(OPTIMISERS) == set(WRITTEN_OPTIMISERS)
    assert set(SCHEDULES) == set(SHAPES)
    assert set(LOSSES) == set(WRITTEN_LOSSES)
    assert set(METRICS) == set(WRITTEN_METRICS)


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, "x", None, (1, "x")])
def test_strange_values_fit_no_number(value: object) -> None:
    for kind in ("int", "float", "list of float", "pair of float"):
        assert not fits(Field("x", kind, ((">=", 0.0),), "1", True), value)[0]


def test_checking_settings_imports_nothing_slow() -> None:
    code = (
        "import sys; from archc.compiler.check import check_text;"
        "from archc.runtime.plan import check_settings;"
        f"c = check_text({NETWORK + 'train Net { data = digits(), metrics = accuracy }'!r});"
        "assert not check_settings(c);"
        "slow = {'torch', 'numpy', 'sklearn', 'archc.runtime.data', 'archc.runtime.augment',"
        "        'archc.compiler.spaces'};"
        "sys.exit(str(slow & set(sys.modules)) if slow & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
