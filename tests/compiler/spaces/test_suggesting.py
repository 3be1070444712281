"""Optuna decides: its samplers and pruners on spaces of three kinds, and names that never clash."""

from collections.abc import Iterator

import archc
import optuna
import pytest
from archc.compiler.spaces.suggesting import TRACE

FLAT = """
network Flat on x: f32[N, 2, 8, 8] -> f32[N, 3] {
    x -> conv(4 | 8 | 16, 1 | 3 | 5) -> (relu | gelu | { tanh -> relu })
      -> dropout(0.0..0.5 step 0.1) -> mean(axes=[2, 3]) -> dense(3)
}
train Flat { data = digits(), optimizer = sgd(lr=1e-3..1e-1 log), epochs = 1..9 step 2 }
"""
CONDITIONAL = """
network Deep on x: f32[N, 4] -> f32[N, 2] {
    x -> (relu | { dense(8..64 log) -> (tanh | gelu) }) -> repeat(1..3) { dense(8 | 16 | 32)? }
      -> (relu | { sigmoid -> relu }) -> dense(2)
    require params <= 900
}
"""
RECURSIVE = """
block Tree on x: f32[N, C] -> f32[N, C] {
    limit recursion = 3
    x -> (relu | residual { Tree } | { Tree -> Tree })
}
network Net on x: f32[N, 4] -> f32[N, 4] { x -> Tree -> dense(4) }
"""
SPACES = {"flat": FLAT, "conditional": CONDITIONAL, "recursive": RECURSIVE}
SAMPLERS = {
    "random": lambda: optuna.samplers.RandomSampler(seed=1),
    "tpe": lambda: optuna.samplers.TPESampler(seed=1, n_startup_trials=8),
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    optuna.logging.disable_default_handler()
    yield
    optuna.logging.enable_default_handler()


def study(sampler: str, **settings: object) -> optuna.Study:
    return optuna.create_study(sampler=SAMPLERS[sampler](), direction="minimize", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("name", SPACES)
def test_every_suggestion_is_a_program_of_the_space(name: str, sampler: str) -> None:
    space = archc.space(SPACES[name])
    made = study(sampler)

    def objective(trial: optuna.Trial) -> float:
        program = space.suggest(trial)
        assert archc.parse(str(program)).check().ok
        return float(program.params)

    made.optimize(objective, n_trials=30)
    assert len({str(trial.user_attrs[TRACE]) for trial in made.trials}) > 5
    for trial in made.trials:
        assert trial.state == optuna.trial.TrialState.COMPLETE
        assert space.from_trace(trial.user_attrs[TRACE]) == space.suggest(trial)


@pytest.mark.parametrize("name", SPACES)
def test_a_parameter_has_one_distribution_throughout(name: str) -> None:
    space = archc.space(SPACES[name])
    made = study("random")
    made.optimize(lambda trial: float(space.suggest(trial).params), n_trials=40)
    known: dict[str, object] = {}
    for trial in made.trials:
        for parameter, distribution in trial.distributions.items():
            assert known.setdefault(parameter, distribution) == distribution
    assert all(parameter.endswith("]") for parameter in known)


def test_distributions_are_those_of_the_language() -> None:
    made = study("random")
    space = archc.space(FLAT)
    made.optimize(lambda trial: float(space.suggest(trial).params), n_trials=1)
    distributions = optuna.distributions
    assert made.trials[0].distributions == {
        "Flat.conv.filters [4 | 8 | 16]": distributions.CategoricalDistribution([4, 8, 16]),
        "Flat.conv.kernel [1 | 3 | 5]": distributions.CategoricalDistribution([1, 3, 5]),
        "Flat.choice [relu | gelu | { tanh -> relu }]": distributions.CategoricalDistribution(
            ["relu", "gelu", "{ tanh -> relu }"]
        ),
        "Flat.dropout.rate [0..0.5 step 0.1]": distributions.FloatDistribution(0.0, 0.5, step=0.1),
        "Flat.train.optimizer.lr [0.001..0.1 log]": distributions.FloatDistribution(
            0.001, 0.1, log=True
        ),
        "Flat.train.epochs [1..9 step 2]": distributions.IntDistribution(1, 9, step=2),
    }


def test_logarithmic_steps_are_asked_for_by_their_logarithm() -> None:
    text = "network Net on x: f32[N, 4] -> f32[N, 4] { x -> dropout(0.1..0.4 step 0.1 log) }\n"
    made, space = study("random"), archc.space(text)
    made.optimize(lambda trial: space.suggest(trial).trace[0].value, n_trials=8)
    name = "Net.dropout.rate [0.1..0.4 step 0.1 log]"
    wanted = optuna.distributions.FloatDistribution(0.1, 0.4, log=True)
    assert made.trials[0].distributions == {name: wanted}
    assert {trial.value for trial in made.trials} <= {0.1, 0.2, 0.3, 0.4}
    taken = space.suggest(optuna.trial.FixedTrial({name: 0.26})).trace[0].value
    assert taken == 0.3


def test_what_is_not_legal_becomes_the_next_that_is() -> None:
    text = """
network Net on x: f32[N, 4] -> f32[N, 4] {
    let width = 2 | 4 | 8
    x -> dense(width) -> residual { dense(1..8) } -> dense(4)
    require width > 2
}
"""
    space = archc.space(text)
    fixed = {"Net.width [2 | 4 | 8]": 2, "Net.dense_2.units [1..8]": 7}
    program = space.suggest(optuna.trial.FixedTrial(fixed))
    assert [item.value for item in program.trace] == [4, 4]
    fixed["Net.width [2 | 4 | 8]"] = 8
    program = space.suggest(optuna.trial.FixedTrial(fixed))
    assert [item.value for item in program.trace] == [8, 8]


def test_options_that_look_alike_stay_apart() -> None:
    text = "network Net on x: f32[N, 4] -> f32[N, _] { x -> dense(1, bias=true | false | true) }\n"
    made = study("random")
    space = archc.space(text)
    made.optimize(lambda trial: float(space.suggest(trial).params), n_trials=12)
    (distribution,) = made.trials[0].distributions.values()
    assert isinstance(distribution, optuna.distributions.CategoricalDistribution)
    assert distribution.choices == (True, False, "True (2)")
    assert {trial.value for trial in made.trials} == {4.0, 5.0}


def test_a_long_list_of_options_has_a_short_name() -> None:
    options = " | ".join(str(number) for number in range(100, 160))
    space = archc.space(f"network Net on x: f32[N, 4] -> f32[N, _] {{ x -> dense({options}) }}\n")
    made = study("random")
    made.optimize(lambda trial: float(space.suggest(trial).params), n_trials=1)
    (name,) = made.trials[0].params
    assert len(name) < 90
    assert " … " in name


def test_a_sampler_that_learns_does_better_than_chance() -> None:
    space = archc.space(FLAT)

    def loss(trial: optuna.Trial) -> float:
        values = {item.name: item.value for item in space.suggest(trial).trace}
        wrong = (values["Flat.conv.filters"] != 16) + (values["Flat.conv.kernel"] != 5)
        wrong += values["Flat.choice"] != "gelu"
        return wrong + abs(values["Flat.dropout.rate"] - 0.3)

    means = {}
    for sampler in SAMPLERS:
        made = study(sampler)
        made.optimize(loss, n_trials=60)
        means[sampler] = sum(trial.value or 0.0 for trial in made.trials[30:]) / 30
    assert means["tpe"] < means["random"] - 0.5


def test_a_pruner_ends_trials() -> None:
    space = archc.space(CONDITIONAL)
    made = study("tpe", pruner=optuna.pruners.MedianPruner(n_startup_trials=4))

    def objective(trial: optuna.Trial) -> float:
        program = space.suggest(trial)
        for step in range(4):
            trial.report(program.params / (step + 1), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(program.params)

    made.optimize(objective, n_trials=30)
    states = [trial.state for trial in made.trials]
    assert states.count(optuna.trial.TrialState.PRUNED) > 2
    assert space.suggest(made.best_trial).params == made.best_value


def test_what_is_no_trial_is_told() -> None:
    space = archc.space("network N on x: f32[B, 4] -> f32[B, 4] { x -> (relu | tanh) }")
    for wrong in (None, 3):
        with pytest.raises(TypeError, match="a trial of Optuna is wanted, not"):
            space.suggest(wrong)  # type: ignore[arg-type]
