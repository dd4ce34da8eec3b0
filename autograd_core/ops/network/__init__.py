"""What neural networks are built of: convolution, pooling, normalisation, recurrence, attention, embedding."""
