"""Metrics: what is counted, for Prometheus. Labels are few: never a path, a chat or a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """What is counted; one registry for each app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter(
            "xiaolaba_calls", "Webhook calls", ["platform", "status"], registry=self.registry
        )
        self.handled = Counter(
            "xiaolaba_handled", "Messages handled", ["action"], registry=self.registry
        )
        self.texts = Counter(
            "xiaolaba_texts", "Texts settled", ["platform", "state"], registry=self.registry
        )
        self.waiting = Gauge(
            "xiaolaba_waiting", "Rows that wait", ["queue"], registry=self.registry
        )
        self.oldest = Gauge(
            "xiaolaba_oldest_seconds", "Age of the oldest", ["queue"], registry=self.registry
        )
        self.trouble = Gauge(
            "xiaolaba_trouble", "Went wrong within a day", ["what"], registry=self.registry
        )
