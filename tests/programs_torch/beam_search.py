"""A character network that is trained, and its best sequences by beam search with length penalty, `topk` and gathers."""

from .common import fill, text


def run(torch):
    nn = torch.nn
    letters = sorted(set(text()))
    ids = torch.tensor([letters.index(c) for c in text(120)])

    class Net(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.embed, self.cell, self.out = nn.Embedding(n, 6), nn.GRUCell(6, 10), nn.Linear(10, n)

        def forward(self, token, state):
            state = self.cell(self.embed(token), state)
            return self.out(state), state

    net = fill(torch, Net(len(letters)), 1, 0.4)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    out = []
    for start in range(0, 80, 10):
        state, loss = torch.zeros(4, 10), 0
        batch = torch.stack([ids[start + k : start + k + 9] for k in (0, 7, 13, 20)])
        for now, following in zip(batch[:, :-1].unbind(1), batch[:, 1:].unbind(1)):
            logits, state = net(now, state)
            loss = loss + nn.functional.cross_entropy(logits, following)
        optimizer.zero_grad()
        (loss / 8).backward()
        optimizer.step()
        out.append(loss.item() / 8)
    with torch.no_grad():
        beams, scores, state = ids[:1].repeat(3, 1), torch.tensor([0.0, -1e9, -1e9]), torch.zeros(3, 10)
        for length in range(1, 6):
            logits, state = net(beams[:, -1], state)
            total = scores.unsqueeze(1) + torch.log_softmax(logits, dim=1)
            scores, flat = total.view(-1).topk(3)
            parent = torch.div(flat, len(letters), rounding_mode="floor")
            beams = torch.cat([beams[parent], (flat % len(letters)).unsqueeze(1)], dim=1)
            state = state.index_select(0, parent)
            out += (scores / length**0.7).tolist()
    return out
