"""The transaction as the community sees it: its rooms, one attribute each."""

from datetime import datetime
from functools import cached_property

from bot.community.audience import Audience
from bot.community.broadcasts import Broadcasts
from bot.community.communities import Community
from bot.community.dialogues import Dialogues
from bot.community.events import Events
from bot.community.facts import Facts
from bot.community.groups import Groups
from bot.community.handoffs import Handoffs
from bot.community.issues import Issues
from bot.community.labels import Labels
from bot.community.people import People
from bot.community.places import Places
from bot.community.questions import Questions
from bot.storage.transaction import Transaction


class CommunityTransaction:
    """What commits together, for one community: its rooms, as `tx.issues` or `tx.people`."""

    def __init__(self, store: Transaction, community: Community) -> None:
        self.store = store
        self.community = community

    @property
    def now(self) -> datetime:
        """One moment for the whole transaction, in the community's zone."""
        return self.store.now.astimezone(self.community.zone)

    @cached_property
    def places(self) -> Places:
        """The tree of places."""
        return Places(self)

    @cached_property
    def people(self) -> People:
        """Residents, staff and their identities."""
        return People(self)

    @cached_property
    def groups(self) -> Groups:
        """Chat groups and the places they belong to."""
        return Groups(self)

    @cached_property
    def audience(self) -> Audience:
        """Who is reached by a text to a place."""
        return Audience(self)

    @cached_property
    def dialogues(self) -> Dialogues:
        """The one open question of each person."""
        return Dialogues(self)

    @cached_property
    def facts(self) -> Facts:
        """The local facts that fill the slots of answers."""
        return Facts(self)

    @cached_property
    def questions(self) -> Questions:
        """The FAQ and the questions it could not answer."""
        return Questions(self)

    @cached_property
    def labels(self) -> Labels:
        """Which entries answer what was asked, and what the FAQ learns of it."""
        return Labels(self)

    @cached_property
    def issues(self) -> Issues:
        """Reports, until they are fixed."""
        return Issues(self)

    @cached_property
    def events(self) -> Events:
        """Clean-ups, theme events and who comes."""
        return Events(self)

    @cached_property
    def broadcasts(self) -> Broadcasts:
        """Notices of the committee."""
        return Broadcasts(self)

    @cached_property
    def handoffs(self) -> Handoffs:
        """Who wants a person."""
        return Handoffs(self)
