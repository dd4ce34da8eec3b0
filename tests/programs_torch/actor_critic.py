"""Proximal policy optimisation on a pendulum-like game of one's own: distributions, ratios, clipped surrogates, advantages."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    from_torch = torch.distributions
    rng = np.random.default_rng(0)

    def layer_init(layer, std=np.sqrt(2), bias_const=0.0):
        torch.nn.init.orthogonal_(layer.weight, std)
        torch.nn.init.constant_(layer.bias, bias_const)
        return layer

    class Agent(nn.Module):
        def __init__(self):
            super().__init__()
            self.critic = nn.Sequential(layer_init(nn.Linear(2, 12)), nn.Tanh(), layer_init(nn.Linear(12, 1), std=1.0))
            self.actor_mean = nn.Sequential(
                layer_init(nn.Linear(2, 12)), nn.Tanh(), layer_init(nn.Linear(12, 1), std=0.01)
            )
            self.actor_logstd = nn.Parameter(torch.zeros(1, 1))
            self.mode = nn.Linear(2, 3)

        def get_value(self, x):
            return self.critic(x)

        def get_action_and_value(self, x, action=None):
            action_mean = self.actor_mean(x)
            action_std = torch.exp(self.actor_logstd.expand_as(action_mean))
            probs = from_torch.normal.Normal(action_mean, action_std)
            if action is None:
                assert probs.sample().shape == probs.rsample().shape == action_mean.shape
                action = action_mean + action_std * torch.tensor(rng.standard_normal(tuple(action_mean.shape))).float()
                action = action.detach()
            modes = from_torch.Categorical(logits=self.mode(x))
            entropy = probs.entropy().sum(1) + modes.entropy()
            return (
                action,
                probs.log_prob(action).sum(1) + modes.log_prob(modes.probs.argmax(-1)),
                entropy,
                self.critic(x),
            )

    agent = fill(torch, Agent(), seed=1, scale=0.4)
    optimizer = torch.optim.Adam(agent.parameters(), lr=1e-2, eps=1e-5)
    out = []
    steps, envs = 8, 4
    state = torch.tensor(rng.uniform(-1, 1, (envs, 2))).float()
    for _ in range(3):
        obs, actions = torch.zeros(steps, envs, 2), torch.zeros(steps, envs, 1)
        logprobs, rewards, dones, values = (torch.zeros(steps, envs) for _ in range(4))
        for t in range(steps):
            obs[t] = state
            with torch.no_grad():
                action, logprob, _, value = agent.get_action_and_value(state)
                values[t] = value.flatten()
            actions[t], logprobs[t] = action, logprob
            rewards[t] = 1 - state.square().sum(1) - 0.1 * action.squeeze(1) ** 2
            position, speed = state.unbind(-1)
            speed = 0.9 * speed + 0.3 * action.view(-1).clamp(-1, 1) - 0.2 * position
            state = torch.stack([position + 0.3 * speed, speed], dim=-1)
            dones[t] = (state.abs().max(dim=1).values > 2).float()
            state = torch.where(dones[t].bool().unsqueeze(1), torch.zeros_like(state), state)
        with torch.no_grad():
            next_value = agent.get_value(state).reshape(1, -1)
            advantages, lastgaelam = torch.zeros_like(rewards), 0
            for t in reversed(range(steps)):
                nextvalues = next_value if t == steps - 1 else values[t + 1]
                delta = rewards[t] + 0.99 * nextvalues * (1 - dones[t]) - values[t]
                advantages[t] = lastgaelam = delta + 0.99 * 0.95 * (1 - dones[t]) * lastgaelam
            returns = advantages + values
        b_obs, b_actions = obs.reshape((-1, 2)), actions.reshape((-1, 1))
        b_logprobs, b_advantages, b_returns = logprobs.reshape(-1), advantages.reshape(-1), returns.reshape(-1)
        b_inds = np.arange(steps * envs)
        for _ in range(2):
            rng.shuffle(b_inds)
            for start in range(0, steps * envs, 16):
                mb = b_inds[start : start + 16]
                _, newlogprob, entropy, newvalue = agent.get_action_and_value(b_obs[mb], b_actions[mb])
                ratio = (newlogprob - b_logprobs[mb]).exp()
                with torch.no_grad():
                    approx_kl = ((ratio - 1) - (newlogprob - b_logprobs[mb])).mean()
                adv = b_advantages[mb]
                adv = (adv - adv.mean()) / (adv.std() + 1e-8)
                pg_loss = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 1 - 0.2, 1 + 0.2)).mean()
                v_loss = 0.5 * ((newvalue.view(-1) - b_returns[mb]) ** 2).mean()
                loss = pg_loss - 0.01 * entropy.mean() + v_loss * 0.5
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
                out += [loss.item(), v_loss.item(), approx_kl.item() + 1]
        y_pred, y_true = values.reshape(-1).cpu().numpy(), b_returns.cpu().numpy()
        out.append(float(np.var(y_true - y_pred) / np.var(y_true)))
    p = from_torch.Normal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
    q = from_torch.Normal(torch.zeros(2), torch.ones(2))
    wide = from_torch.Independent(p, 1)
    return out + from_torch.kl_divergence(p, q).tolist() + [wide.log_prob(torch.ones(2)).item()]
