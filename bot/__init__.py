"""The machine: takes messages in, decides, answers, reminds, and loses nothing."""
