"""MM-EMOG as released: a graph without features, then a BERT of random weights.

Source: MM-EMOG (Cabral, Han, Poon, Nenadic; Robotics 13(3), 2024) and its notebooks. One switch of
the recipe hands the graph's embeddings to the BERT, as the paper says and the notebooks don't.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from torch import nn
from transformers import BertConfig, BertModel

from mhkd.emotion.graph import connect_posts
from mhkd.emotion.lexicon import Lexicon
from mhkd.training.paper.loop import fit_model
from mhkd.training.paper.recipe import EmogRecipe, PaperFit

_HELD_OUT = 0.1
_MAX_TOKENS = 512
_BERT_TOKENS = 256
_UNMATCHED_SEED = 123


class PlainGraph(nn.Module):
    """``X1 = ReLU(Â·drop(W0) + b0)``, ``X2 = Â·drop(X1)·W1 + b1``: no features reach it.

    Source: TextGCN (Yao, Mao, Luo, AAAI 2019) as MM-EMOG uses it.
    """

    def __init__(self, nodes: int, hidden: int, width: int, emotions: int) -> None:
        super().__init__()
        self.first = nn.Parameter(nn.init.xavier_uniform_(torch.empty(nodes, hidden)))
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.second = nn.Linear(hidden, width)
        self.output = nn.Linear(width, emotions)
        self.dropout = nn.Dropout(0.5)

    def embed(self, adjacency: torch.Tensor) -> torch.Tensor:
        """X2, shape (nodes, width)."""
        hidden = torch.relu(torch.sparse.mm(adjacency, self.dropout(self.first)) + self.bias)
        found: torch.Tensor = self.second(torch.sparse.mm(adjacency, self.dropout(hidden)))
        return found


def learn_token_table(
    recipe: EmogRecipe, lexicon: Lexicon, texts: Sequence[str], tokenizer: Any, seed: int
) -> torch.Tensor:
    """An embedding of every token of the tokenizer, shape (tokens, width).

    Args:
        lexicon: the one that the recipe names.
        texts: cleaned posts to train on.
    """
    posts = [
        tokenizer(text, add_special_tokens=False, truncation=True, max_length=_MAX_TOKENS)[
            "input_ids"
        ]
        for text in texts
    ]
    counts = Counter(token for post in posts for token in post)
    kept = sorted(token for token, count in counts.items() if count >= recipe.min_count)
    place = {token: row for row, token in enumerate(kept)}
    inside = [[place[token] for token in post if token in place] for post in posts]
    adjacency = connect_posts(
        inside, len(kept), window=recipe.window, min_jaccard=recipe.min_jaccard
    )
    words = tokenizer.convert_ids_to_tokens(kept)
    marks = mark_posts(inside, words, lexicon, recipe.marks)
    vectors = _learn_graph(recipe, adjacency, marks, seed)
    if recipe.phase_two:
        return _train_bert(recipe, posts, marks, tokenizer, kept, vectors, seed)
    generator = np.random.default_rng(_UNMATCHED_SEED)
    table = torch.from_numpy(generator.random((len(tokenizer), recipe.width), np.float32))
    table[kept] = vectors
    return table


def mark_posts(
    posts: Sequence[Sequence[int]], words: Sequence[str], lexicon: Lexicon, rule: str
) -> npt.NDArray[np.float32]:
    """Emotions of each post, shape (posts, emotions): of any token, or of more than is usual."""
    column = {emotion: place for place, emotion in enumerate(lexicon.emotions)}
    shares = np.zeros((len(posts), len(column)), np.float32)
    for row, post in enumerate(posts):
        for token in post:
            for emotion in lexicon.words.get(words[token], ()):
                shares[row, column[emotion]] += 1 / len(post)
    least = np.median(shares, axis=0) if rule == "share" else 0.0
    return (shares > least).astype(np.float32)


def _learn_graph(
    recipe: EmogRecipe, adjacency: sparse.csr_matrix, marks: npt.NDArray[np.float32], seed: int
) -> torch.Tensor:
    """Phase one: rows of the tokens, shape (tokens, width)."""
    torch.manual_seed(seed)
    posts = len(marks)
    targets = torch.from_numpy(marks)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(posts))
    held_out, trained = order[: max(1, int(_HELD_OUT * posts))], order[int(_HELD_OUT * posts) :]
    matrix = torch.sparse_csr_tensor(
        torch.from_numpy(adjacency.indptr.astype(np.int64)),
        torch.from_numpy(adjacency.indices.astype(np.int64)),
        torch.from_numpy(adjacency.data.astype(np.float32)),
        size=adjacency.shape,
    )
    model = PlainGraph(adjacency.shape[0], recipe.hidden, recipe.width, targets.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.graph_learning_rate)
    measure = nn.BCEWithLogitsLoss()
    losses: list[float] = []
    vectors = torch.empty(0)
    while len(losses) < recipe.graph_epochs and not _stalls(losses, recipe.patience):
        model.train()
        optimizer.zero_grad()
        measure(model.output(model.embed(matrix))[trained], targets[trained]).backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            nodes = model.embed(matrix)
            losses.append(float(measure(model.output(nodes)[held_out], targets[held_out])))
        vectors = nodes[posts:].clone()
    return vectors


def _stalls(losses: Sequence[float], patience: int) -> bool:
    """The notebooks' test: the last losses are all above the lowest before them."""
    return len(losses) > patience + 1 and min(losses[-patience:]) > min(losses[:-patience])


class _EmotionBert(nn.Module):
    def __init__(self, bert: BertModel, emotions: int) -> None:
        super().__init__()
        self.bert = bert
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(int(bert.config.hidden_size), emotions)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        pooled = self.bert(input_ids=input_ids, attention_mask=attention_mask).pooler_output
        logits: torch.Tensor = self.output(self.dropout(pooled))
        return logits


def _train_bert(
    recipe: EmogRecipe,
    posts: Sequence[Sequence[int]],
    marks: npt.NDArray[np.float32],
    tokenizer: Any,
    kept: list[int],
    vectors: torch.Tensor,
    seed: int,
) -> torch.Tensor:
    """Phase two: the token table of a BERT that has learned the posts' emotions."""
    torch.manual_seed(seed)
    bert = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            num_hidden_layers=recipe.bert_layers,
            num_attention_heads=recipe.bert_heads,
            intermediate_size=4 * recipe.width,
        )
    )
    table = nn.Embedding(len(tokenizer), recipe.width)  # N(0, 1)
    if recipe.hand_over:
        with torch.no_grad():
            table.weight[kept] = vectors
    bert.embeddings.word_embeddings = table
    targets = torch.from_numpy(marks)
    order = np.random.default_rng(seed).permutation(len(posts))
    cut = max(1, int(_HELD_OUT * len(posts)))

    def collate(rows: Sequence[int]) -> dict[str, torch.Tensor]:
        room = _BERT_TOKENS - 2
        ids = [[tokenizer.cls_token_id, *posts[row][:room], tokenizer.sep_token_id] for row in rows]
        return dict(tokenizer.pad({"input_ids": ids}, return_tensors="pt"))

    fit_model(
        _EmotionBert(bert, targets.shape[1]),
        order[cut:],
        order[:cut],
        collate,
        lambda logits, rows: nn.functional.binary_cross_entropy_with_logits(
            logits, targets[list(rows)].to(logits.device)
        ),
        PaperFit(
            epochs=recipe.bert_epochs,
            batch=recipe.bert_batch,
            learning_rate=recipe.bert_learning_rate,
            patience=recipe.patience,
        ),
        seed,
    )
    return table.weight.detach().cpu().clone()
