"""A tagger of sentences of several lengths: collate_fn, padding, packed sequences, ignored targets, plateau schedule."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    rnn_utils = torch.nn.utils.rnn
    data = torch.utils.data

    class Sentences(data.Dataset):
        def __init__(self, n):
            rng = np.random.default_rng(0)
            self.items = []
            for _ in range(n):
                words = rng.integers(1, 12, rng.integers(2, 8))
                tags = (words + np.roll(words, 1)) % 3
                self.items.append((torch.LongTensor(words.tolist()), torch.LongTensor(tags.tolist())))

        def __len__(self):
            return len(self.items)

        def __getitem__(self, i):
            return self.items[i]

    def collate(batch):
        batch = sorted(batch, key=lambda item: len(item[0]), reverse=True)
        words, tags = zip(*batch)
        lengths = torch.tensor([len(w) for w in words])
        return (
            rnn_utils.pad_sequence(words, batch_first=True, padding_value=0),
            rnn_utils.pad_sequence(tags, batch_first=True, padding_value=-100),
            lengths,
        )

    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(12, 6, padding_idx=0)
            self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
            self.hidden2tag = nn.Linear(2 * 5, 3)

        def forward(self, words, lengths):
            packed = rnn_utils.pack_padded_sequence(self.embedding(words), lengths.cpu(), batch_first=True)
            output, (h, c) = self.lstm(packed)
            assert isinstance(output, rnn_utils.PackedSequence) and output.batch_sizes[0] == len(words)
            output, unpacked = rnn_utils.pad_packed_sequence(output, batch_first=True, total_length=words.size(1))
            assert torch.equal(unpacked, lengths)
            return self.hidden2tag(output), h

    loader = data.DataLoader(Sentences(24), batch_size=8, collate_fn=collate, drop_last=True)
    model = fill(torch, Tagger(), seed=1, scale=0.4)
    with torch.no_grad():
        model.embedding.weight[model.embedding.padding_idx].fill_(0)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.02, momentum=0.5, centered=True)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", factor=0.5, patience=0, threshold=0.5)
    out = []
    for _ in range(4):
        total, right, count = 0.0, 0, 0
        for words, tags, lengths in loader:
            optimizer.zero_grad()
            scores, h = model(words, lengths)
            loss = F.cross_entropy(scores.transpose(1, 2), tags, ignore_index=-100)
            loss.backward()
            assert model.embedding.weight.grad[0].abs().sum() == 0
            nn.utils.clip_grad_value_(model.parameters(), 0.5)
            optimizer.step()
            total += loss.item()
            mask = tags != -100
            right += (scores.argmax(-1)[mask] == tags[mask]).sum().item()
            count += mask.sum().item()
        scheduler.step(total)
        out += [total, right / count, optimizer.param_groups[0]["lr"], h.norm().item()]
    return out
