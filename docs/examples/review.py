"""A review in Python: the replica, the chance under each set, the break-even values, a figure and a table."""

from matplotlib.figure import Figure

from mcengine import evaluate, load_study, run, sensitivity
from mcengine.report.axes import plot

# 1. Does the sum hold? One evaluation, no sampling.
replica = evaluate(load_study("replica"))
print(f"NPV {replica.outputs['npv']:,.2f}, {sum(c.matches for c in replica.published)} published figures come out")

# 2. How likely is it that the plan pays, and on whose numbers? One seed, so that the runs are paired.
results = {name: run(load_study(name), draws=16_384, seed=2026) for name in ("plan_centred", "evidence", "sceptical")}
for name, result in results.items():
    chance = result["npv"].prob_positive
    print(f"{name}: {chance.value:.1%}, interval {chance.ci95[0]:.1%} to {chance.ci95[1]:.1%}")

# 3. What must be true? Each input alone, the others at the plan's values.
nearest = sensitivity(load_study("replica"), "break-even").found[:3]
print("NPV is 0 at " + ", ".join(f"{one.name} {one.value:.3g} (plan {one.plan:.3g})" for one in nearest))

# 4. What if? A study with some inputs fixed is another study.
cautious = load_study("evidence", set={"leverage": 1.0}, horizon=2050)
print(f"leverage 1 to 2050: {run(cautious, draws=16_384, seed=2026)['npv'].mean.value:,.0f} EUR m")

# 5. Everything as a table, and a distribution on axes of your own.
table = results["evidence"].to_frame()
print(table[table.output == "npv"].head(3).to_string(index=False))
figure = Figure(figsize=(7, 3))
plot(results["evidence"]["npv"], figure.add_subplot())
figure.savefig("evidence.png", bbox_inches="tight")
