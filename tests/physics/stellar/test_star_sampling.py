import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from gridscan.errors import EvaluationError
from gridscan.physics.stellar import imf, phase_counts, star_sampling
from gridscan.physics.stellar.mass_distribution import AGES
from gridscan.physics.stellar.phase_table import PhaseTable
from gridscan.physics.stellar.phase_windows import phase_ages
from gridscan.physics.stellar.population import StellarPopulation
from gridscan.stellar_tables.phases import shipped_phase_table

TABLE = shipped_phase_table()
BREAKS = [0.08, 0.5, 120.0]
KROUPA = ([1.3, 2.3], BREAKS)
MASS_FUNCTIONS = {
    "kroupa": KROUPA,
    "flat in ln M": ([1.0], [0.1, 20.0]),
    "kinked in the table": ([1.3, 1.7, 4.0, 0.5], [0.08, 0.5, 13.5, 24.7, 33.0]),
    "rising": ([-2.0], [12.2, 40.0]),
}
CODE = {name: code for code, name in enumerate(star_sampling.PHASE_CODES)}
# A p-value below this is not chance.
IMPROBABLE = 1e-3


def _draw(seed=1, size=None, rate=1e6, time=20.0, metallicity=0.0151, mode="continuous", functions=KROUPA, table=TABLE):
    generator = np.random.default_rng(seed)
    return star_sampling.draw_alive(
        generator, table, StellarPopulation(*functions, metallicity, time, mode), rate, size
    )


def _history(seed=1, rate=1e6, time=20.0, metallicity=0.0151, mode="continuous", functions=KROUPA):
    return star_sampling.draw_history(
        np.random.default_rng(seed), TABLE, StellarPopulation(*functions, metallicity, time, mode), rate
    )


def _power_law_table(lifetime):
    """Stars of 10 to 20 Msun that die at a given age, and are red and burn carbon in their last tenth of a Myr."""
    mass = np.array([10.0, 14.0, 20.0])
    life = np.array([lifetime(mass)])
    tenth = np.full((1, 3), 0.1)
    return PhaseTable(np.array([0.01]), mass, life, life - 0.1, life, tenth, tenth, tenth)


def _ages(mass, metallicity, mode):
    """Return the ages of stars in all the mass bins, which have those of a tabulated mass or of one in the table."""
    if mode == "bins":
        mass = TABLE.mass[np.searchsorted(TABLE.bin_edges, mass, side="right") - 1]
    return phase_ages(TABLE, np.clip(mass, TABLE.mass[0], TABLE.mass[-1]), metallicity)


def _mass_distribution(functions, metallicity, time, mode):
    """Return the middles of narrow intervals of mass, their upper ends, and the number of living stars in them."""
    low, high = max(TABLE.bin_edges[0], functions[1][0]), min(TABLE.bin_edges[-1], functions[1][-1])
    special = np.clip([*TABLE.bin_edges, *TABLE.mass, *functions[1]], low, high)
    ends = np.unique([*np.geomspace(low, high, 20001), *special])
    middle = np.sqrt(ends[1:] * ends[:-1])
    number = imf.number_between(ends[:-1], ends[1:], *functions)
    return middle, ends[1:], number * np.minimum(_ages(middle, metallicity, mode)["lifetime"], time)


CELLS = [
    (name, metallicity, time, mode)
    for name in MASS_FUNCTIONS
    for metallicity in (0.014, 0.0158)
    for time in (0.3, 6.2, 9.5, 14.1, 30.0)
    for mode in phase_counts.MASS_INTEGRATIONS
]


def test_counts_in_every_phase_are_the_rate_times_the_time_in_it():
    deviations = []
    for seed, (name, metallicity, time, mode) in enumerate(CELLS):
        functions = MASS_FUNCTIONS[name]
        spent = {
            phase: float(phase_counts.time_in_phase(phase, TABLE, *functions, metallicity, time, mode, order=20))
            for phase in phase_counts.PHASES
        }
        rate = 40_000 / spent["alive"]
        drawn = _draw(seed, None, rate, time, metallicity, mode, functions)
        counts = np.bincount(drawn["phase"], minlength=4)
        found = {
            "alive": counts.sum(),
            "red_supergiant": counts[1] + counts[3],
            "carbon_burning": counts[2] + counts[3],
            "carbon_burning_rsg": counts[3],
        }
        for phase, number in found.items():
            expected = rate * spent[phase]
            assert expected > 0.0 or number == 0
            if expected > 0.0:
                assert abs(number - expected) < 5.0 * np.sqrt(expected) + 2.0, (name, metallicity, time, mode, phase)
                deviations.append((number - expected) / np.sqrt(expected))
    # All cells together: no bias that the noise of a single one would hide.
    assert abs(np.mean(deviations)) < 4.0 / np.sqrt(len(CELLS))


def test_a_large_sample_has_the_rare_phases_in_their_exact_shares():
    size, cell = 4_000_000, (*KROUPA, 0.0158, 12.5)
    for seed, mode in enumerate(phase_counts.MASS_INTEGRATIONS):
        spent = {phase: float(phase_counts.time_in_phase(phase, TABLE, *cell, mode)) for phase in phase_counts.PHASES}
        counts = np.bincount(_draw(seed, size, time=12.5, metallicity=0.0158, mode=mode)["phase"], minlength=4)
        for phase, number in (
            ("carbon_burning", counts[2] + counts[3]),
            ("carbon_burning_rsg", counts[3]),
        ):
            expected = size * spent[phase] / spent["alive"]
            assert expected > 300
            assert abs(number - expected) < 4.0 * np.sqrt(expected)


@pytest.mark.parametrize("name", MASS_FUNCTIONS)
@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
@pytest.mark.parametrize("time", [7.7, 15.0])
def test_masses_follow_the_mass_function_times_the_time_stars_have_been_seen(name, mode, time):
    functions = MASS_FUNCTIONS[name]
    _, upper, number = _mass_distribution(functions, 0.0151, time, mode)
    cumulative = np.cumsum(number) / number.sum()
    mass = _draw(5, 200_000, time=time, mode=mode, functions=functions)["mass"]
    assert kstest(mass, lambda m: np.interp(m, upper, cumulative)).pvalue > IMPROBABLE


@pytest.mark.parametrize("exponent", [-1.0, 1.0, 1.0 + 1e-9, 2.0, 2.35, 40.0])
@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
def test_before_the_first_death_masses_are_those_of_the_mass_function(exponent, mode):
    mass = _draw(2, 100_000, time=5.0, mode=mode, functions=([exponent], [10.0, 30.0]))["mass"]
    low, high, power = 11.0, 30.0, 1.0 - exponent

    def share(m):
        if abs(power) < 1e-6:
            return np.log(m / low) / np.log(high / low)
        return ((m / low) ** power - 1.0) / ((high / low) ** power - 1.0)

    assert kstest(mass, share).pvalue > IMPROBABLE


@pytest.mark.parametrize("exponent", [-0.5, -0.5 + 1e-12, 1.5])
def test_a_density_that_is_flat_in_the_logarithm_of_mass_is_drawn_as_such(exponent):
    table = _power_law_table(lambda mass: 30.0 * (mass / 10.0) ** -1.5)
    arguments = {"table": table, "metallicity": 0.01, "functions": ([exponent], [10.0, 20.0])}
    mass = _draw(3, 100_000, time=50.0, **arguments)["mass"]
    power = -0.5 - exponent

    def share(m):
        if abs(power) < 1e-6:
            return np.log(m / 10.0) / np.log(2.0)
        return ((m / 10.0) ** power - 1.0) / (2.0**power - 1.0)

    assert kstest(mass, share).pvalue > IMPROBABLE


def test_a_lifetime_that_rises_with_mass_is_cut_where_it_passes_the_time():
    table = _power_law_table(lambda mass: 0.1 * mass**2)
    # Flat in M up to M² = 10 t, from there on limited by the time: dN/dM ∝ M^-2 min(0.1 M², t).
    mass = _draw(4, 100_000, time=22.5, table=table, metallicity=0.01, functions=([2.0], [10.0, 20.0]))["mass"]
    turn = 15.0
    total = 0.1 * (turn - 10.0) + 22.5 * (1 / turn - 1 / 20.0)

    def share(m):
        return (0.1 * (np.minimum(m, turn) - 10.0) + 22.5 * (1 / turn - 1 / np.maximum(m, turn))) / total

    assert kstest(mass, share).pvalue > IMPROBABLE


@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
@pytest.mark.parametrize("time", [3.0, 9.5, 40.0])
def test_ages_are_uniform_up_to_death_or_the_time_whatever_the_mass(mode, time):
    drawn = _draw(6, 150_000, time=time, mode=mode)
    part = drawn["age"] / np.minimum(_ages(drawn["mass"], 0.0151, mode)["lifetime"], time)
    assert part.min() >= 0.0
    assert part.max() < 1.0 + 1e-12
    assert kstest(part, "uniform").pvalue > IMPROBABLE
    light = drawn["mass"] < np.median(drawn["mass"])
    assert ks_2samp(part[light], part[~light]).pvalue > IMPROBABLE


@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
def test_sample_means_are_those_of_the_distribution(mode):
    middle, _, number = _mass_distribution(KROUPA, 0.0151, 11.3, mode)
    seen = np.minimum(_ages(middle, 0.0151, mode)["lifetime"], 11.3)
    exact = {"mass": (number @ middle) / number.sum(), "age": (number @ seen) / (2 * number.sum())}
    drawn = _draw(7, 1_000_000, time=11.3, mode=mode)
    for key, mean in exact.items():
        assert abs(drawn[key].mean() - mean) < 4.0 * drawn[key].std() / 1000.0
    product = (number @ (middle * seen)) / (2 * number.sum())
    both = drawn["mass"] * drawn["age"]
    assert abs(both.mean() - product) < 4.0 * both.std() / 1000.0


@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
def test_every_star_has_the_phase_of_its_mass_and_age(mode):
    drawn = _draw(8, 400_000, time=40.0, metallicity=0.0143, mode=mode)
    ages, age = _ages(drawn["mass"], 0.0143, mode), drawn["age"]
    red = (age >= ages["red_supergiant_start"]) & (age < ages["red_supergiant_end"])
    carbon = (age >= ages["carbon_burning_start"]) & (age < ages["carbon_burning_end"])
    both = carbon & (age >= ages["carbon_burning_end"] - ages["carbon_burning_rsg_duration"])
    expected = np.select([both, carbon, red], [3, 2, 1], 0)
    np.testing.assert_array_equal(drawn["phase"], expected)
    assert set(np.unique(expected)) == {0, 1, 2, 3}


def test_a_living_star_is_in_one_phase_and_the_codes_say_which():
    ages = dict.fromkeys(AGES, 10.0) | {"red_supergiant_start": 6.0, "carbon_burning_start": 4.0}
    ages |= {"carbon_burning_rsg_start": 6.0, "carbon_burning_end": 8.0}
    codes = star_sampling.phase_codes(np.array([-1.0, 3.9, 4.0, 5.9, 6.0, 7.9, 8.0, 9.9, 10.0, 12.0]), **ages)
    assert codes.dtype == np.int8
    assert [star_sampling.PHASE_CODES[code] for code in codes] == [
        *("other", "other", "carbon_burning", "carbon_burning", "carbon_burning_rsg", "carbon_burning_rsg"),
        *("red_supergiant", "red_supergiant", "other", "other"),
    ]
    never = dict.fromkeys(AGES, 10.0)
    assert not star_sampling.phase_codes(np.linspace(0.0, 12.0, 25), **never).any()


def test_the_number_of_stars_is_a_poisson_number():
    mean = 37.0
    rate = mean / float(phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.0151, 8.0, "continuous"))
    numbers = np.array([len(_draw(seed, None, rate, 8.0)["mass"]) for seed in range(600)])
    assert abs(numbers.mean() - mean) < 4.0 * np.sqrt(mean / 600)
    # The variance of the variance of a Poisson number is (mean + 2 mean²)/n.
    assert abs(numbers.var() - mean) < 4.0 * np.sqrt((mean + 2 * mean**2) / 600)


def test_the_same_seed_draws_the_same_stars_and_another_seed_others():
    for draw in (_draw, _history):
        first, again, other = (draw(seed, rate=1e5) for seed in (11, 11, 12))
        for key, values in first.items():
            np.testing.assert_array_equal(values, again[key])
        assert not np.array_equal(first["mass"][:100], other["mass"][:100])


def test_stars_are_in_no_order():
    mass = _draw(13, 100_000)["mass"]
    assert ks_2samp(mass[:10_000], mass[-10_000:]).pvalue > IMPROBABLE
    assert abs(np.corrcoef(mass[1:], mass[:-1])[0, 1]) < 4.0 / np.sqrt(len(mass))


class _Extreme:
    """A generator that draws the ends of the interval of uniform numbers."""

    def __init__(self, value):
        self.value = value

    def random(self, size):
        return np.full(size, self.value)


@pytest.mark.parametrize("uniform", [0.0, np.nextafter(1.0, 0.0)])
@pytest.mark.parametrize("functions", MASS_FUNCTIONS.values())
def test_the_extreme_uniform_numbers_give_stars_in_the_table(uniform, functions):
    for mode in phase_counts.MASS_INTEGRATIONS:
        drawn = star_sampling.draw_alive(
            _Extreme(uniform), TABLE, StellarPopulation(*functions, 0.0151, 20.0, mode), 1.0, 3
        )
        assert (drawn["mass"] >= max(11.0, functions[1][0]) * (1 - 1e-14)).all()
        assert (drawn["mass"] <= min(37.5, functions[1][-1]) * (1 + 1e-14)).all()
        assert ((drawn["age"] >= 0.0) & (drawn["age"] <= 20.0)).all()


@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
@pytest.mark.parametrize("time", [8.2, 18.5])
def test_a_history_seen_at_a_time_is_the_sample_alive_then(mode, time):
    rate, end = 1.5e6, 20.0
    history = _history(21, rate, end, mode=mode)
    age = time - history["birth_time"]
    alive = (age >= 0.0) & (age < history["lifetime"])
    sample = _draw(22, None, rate, time, mode=mode)
    assert ks_2samp(history["mass"][alive], sample["mass"]).pvalue > IMPROBABLE
    assert ks_2samp(age[alive], sample["age"]).pvalue > IMPROBABLE
    ages = {name: history[name] for name in AGES}
    codes = star_sampling.phase_codes(age, **ages)
    seen, drawn = (np.bincount(phase, minlength=4) for phase in (codes[alive], sample["phase"]))
    assert (np.abs(seen - drawn) < 4.0 * np.sqrt(seen + drawn) + 1.0).all()
    spent = float(phase_counts.time_in_phase("alive", TABLE, *KROUPA, 0.0151, time, mode))
    assert abs(seen.sum() - rate * spent) < 4.0 * np.sqrt(rate * spent)
    np.testing.assert_array_equal(codes[~alive], 0)


@pytest.mark.parametrize("mode", phase_counts.MASS_INTEGRATIONS)
def test_a_history_has_all_stars_born_with_the_ages_of_their_masses(mode):
    rate, time = 3e6, 12.0
    history = _history(23, rate, time, metallicity=0.0146, mode=mode)
    assert set(history) == {"mass", "birth_time", *AGES}
    born = rate * time * float(imf.number_between(11.0, 37.5, *KROUPA))
    count = len(history["mass"])
    assert abs(count - born) < 4.0 * np.sqrt(born)
    assert kstest(history["birth_time"] / time, "uniform").pvalue > IMPROBABLE
    first = imf.number_between(11.0, 37.5, *KROUPA)
    share = kstest(history["mass"], lambda mass: imf.number_between(11.0, mass, *KROUPA) / first)
    assert share.pvalue > IMPROBABLE
    ages = _ages(history["mass"], 0.0146, mode)
    ages["carbon_burning_rsg_start"] = ages["carbon_burning_end"] - ages["carbon_burning_rsg_duration"]
    for name in AGES:
        np.testing.assert_allclose(history[name], ages[name], rtol=1e-12)
    heavy = history["mass"] > 31.0
    np.testing.assert_array_equal(history["red_supergiant_start"][heavy], history["lifetime"][heavy])
    both = history["carbon_burning_rsg_start"]
    assert (both >= history["carbon_burning_start"]).all()
    some = both < history["carbon_burning_end"]
    assert some.mean() > 0.5
    assert (both[some] >= history["red_supergiant_start"][some]).all()


@pytest.mark.parametrize(
    "change",
    [{"time": 0.0}, {"rate": 0.0}, {"functions": ([1.3], [0.08, 10.0])}, {"functions": ([2.3], [40.0, 120.0])}],
)
def test_where_no_star_is_alive_the_sample_is_empty_and_a_size_is_refused(change):
    for stars_drawn in (_draw(**change), _draw(size=0, **change), _history(**change)):
        assert all(values.shape == (0,) for values in stars_drawn.values())
    assert _draw(**change)["phase"].dtype == np.int8
    with pytest.raises(EvaluationError, match="size is 5, but no star of the table's masses is alive"):
        _draw(size=5, **change)


def test_exactly_as_many_stars_are_drawn_as_asked_for():
    for size in (0, 1, 16_384, 16_385, np.int64(40_001)):
        assert all(len(values) == size for values in _draw(size=size).values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"rate": 1e12},
            r"stars would be drawn; at most 5e\+07 are allowed: choose a lower star_formation_rate or time",
        ),
        ({"metallicity": 0.02}, r"metallicity is 0\.02; it must be from 0\.014 to 0\.017"),
        ({"metallicity": [0.014]}, r"metallicity has the shape \(1,\); it must be one number"),
        ({"time": -1.0}, r"time is -1 Myr; it must be a finite number of at least 0 Myr"),
        ({"time": np.inf}, r"time is inf Myr"),
        ({"rate": np.nan}, r"star_formation_rate is nan Msun/Myr"),
        ({"rate": np.ones(2)}, r"star_formation_rate has the shape \(2,\)"),
        ({"mode": "bin"}, "did you mean 'bins'"),
        ({"functions": ([[1.3, 2.3]], BREAKS)}, r"shapes \(1, 2\) and \(3,\); stars are drawn from one mass function"),
        ({"functions": ([2.3], BREAKS)}, "n exponents must have n . 1 breaks"),
        ({"functions": ([2.3], [10.0, 5.0])}, "breaks are 10, 5 Msun; they must increase"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, message):
    for draw in (_draw, _history):
        with pytest.raises(EvaluationError, match=message):
            draw(**change)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (50_000_001, r"5e\+07 stars would be drawn; at most 5e\+07 are allowed: choose a smaller size"),
        (-1, "size is -1; it must be a whole number from 0 to 50000000"),
        (2.5, r"size is 2\.5; it must be a whole number"),
    ],
)
def test_sizes_that_are_none_or_too_large_are_refused(size, message):
    with pytest.raises(EvaluationError, match=message):
        _draw(size=size)
