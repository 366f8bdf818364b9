"""tantivy in memory over the words of jieba, BM25 as it comes."""

from collections.abc import Sequence

import jieba
import tantivy

from benchmarks.searching import Row, main

FOUND = 6
HEAP = 128 << 20


def words(text: str) -> list[str]:
    """The words of a text, punctuation dropped."""
    return [word for word in jieba.lcut(text.lower()) if word.isalnum()]


class Tantivy:
    """An inverted index in segments; a commit makes a new one."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        self._writer = self._index.writer(heap_size=HEAP, num_threads=1)
        self._searcher = self._index.searcher()

    def build(self, entries: Sequence[Row]) -> None:
        """Question, other wordings and answer of an entry are one document."""
        for entry in entries:
            said = " ".join([entry["question"], *entry["alternates"], entry["answer"]])
            document = tantivy.Document(id=entry["id"], text=" ".join(words(said)))
            self._writer.add_document(document)
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def add(self, entry: Row) -> None:
        """A commit of one document."""
        self.build([entry])

    def search(self, text: str) -> list[str]:
        """The best documents that share a word."""
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", word))
            for word in dict.fromkeys(words(text))
        ]
        if not terms:
            return []
        hits = self._searcher.search(tantivy.Query.boolean_query(terms), FOUND).hits
        return [self._searcher.doc(address)["id"][0] for _, address in hits]


if __name__ == "__main__":
    jieba.setLogLevel("WARNING")
    jieba.initialize()
    main(Tantivy)
