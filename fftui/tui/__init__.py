"""The screens. They read the store and write commands; they never meet the engine."""
