"""Q-learning from a replay memory with a target network on a corridor: `deque`, namedtuples, a Huber loss, soft updates."""

from collections import deque, namedtuple

import numpy as np

from .common import fill


def run(torch):
    nn, optim = torch.nn, torch.optim
    Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))

    class DQN(nn.Module):
        def __init__(self, n_observations, n_actions):
            super(DQN, self).__init__()
            self.layer1, self.layer2 = nn.Linear(n_observations, 16), nn.Linear(16, n_actions)

        def forward(self, x):
            return self.layer2(torch.nn.functional.relu(self.layer1(x)))

    rng = np.random.default_rng(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    policy_net, target_net = fill(torch, DQN(5, 2), seed=1, scale=0.5).to(device), DQN(5, 2).to(device)
    target_net.load_state_dict(policy_net.state_dict())
    optimizer = optim.AdamW(policy_net.parameters(), lr=1e-2, amsgrad=True)
    memory, out, at = deque(maxlen=50), [], 2
    one_hot = torch.eye(5, device=device)
    for step in range(40):
        state = one_hot[at].unsqueeze(0)
        action = torch.tensor([[int(rng.integers(2))]], device=device, dtype=torch.long)
        at += 1 if action.item() else -1
        done = at in (0, 4)
        memory.append(Transition(state, action, None if done else one_hot[[at]], torch.tensor([float(at == 4)])))
        at = 2 if done else at
        if len(memory) < 12:
            continue
        batch = Transition(*zip(*[memory[int(i)] for i in rng.integers(0, len(memory), 8)]))
        non_final_mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
        non_final_next_states = torch.cat([s for s in batch.next_state if s is not None])
        values = policy_net(torch.cat(batch.state)).gather(1, torch.cat(batch.action))
        next_state_values = torch.zeros(8, device=device)
        with torch.no_grad():
            next_state_values[non_final_mask] = target_net(non_final_next_states).max(1).values
        expected = (next_state_values * 0.9) + torch.cat(batch.reward)
        loss = nn.SmoothL1Loss()(values, expected.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
        optimizer.step()
        target, policy = target_net.state_dict(), policy_net.state_dict()
        for key in policy:
            target[key] = policy[key] * 0.1 + target[key] * (1 - 0.1)
        target_net.load_state_dict(target)
        out.append(loss.item())
    with torch.no_grad():
        return out + target_net(one_hot).flatten().tolist()
