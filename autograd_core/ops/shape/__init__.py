"""Operations that move elements and change none."""
