"""How Hypothesis runs everywhere: no deadline, because the machine may be busy, and few examples, because
the tests are many. `HYPOTHESIS_PROFILE=thorough` looks longer."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
