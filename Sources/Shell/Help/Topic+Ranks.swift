extension Topic {
  static let ranks = Topic(
    "ranks", aliases: ["rank", "mpi", "mpirun", "distributed", "cluster", "parallel"],
    "training by several processes or machines",
    """
    `mpirun -n 4 nnsh train.nns` runs a script in four processes, which train together: nothing in \
    the script changes. Every batch of `train`, `step`, `find rate` and `minimize` is cut into \
    blocks of rows, each process (rank) computes its share, and the gradients are added in an order \
    that does not depend on their number: the weights have the same bits with 1, 2, 3, 4 or 8 of \
    them. `folds=` gives each rank folds of its own.

    All ranks run the script. Rank 0 alone prints, draws and saves; errors of the others come to it. \
    `rank` and `ranks` are the process's number and how many there are, 0 and 1 without a launcher. \
    A rank that dies, fails, leaves or keeps the others waiting for a minute (`NNSH_PATIENCE=600`: for \
    ten) ends all with one message. With `save=` the network is in its file after each epoch, and \
    `load` and `train net` go on, with as many ranks as you like.

    In `minimize` the loss must be a mean over rows, which the first step tries; otherwise each rank \
    evaluates all of it. A function of your own as a layer is shared where it computes each row from \
    that row alone, which is tried before the training. Layers that mix the rows of a batch are \
    computed by rank 0, but for batch_norm, whose statistics are of the whole batch anyway.

    Open MPI and MPICH are found when a launcher has started nnsh; `NNSH_MPI` names another library. \
    `explain train net on d ranks=8` says whether ranks pay.
    """,
    examples: [.init("\"{rank} of {ranks}\"", "\"0 of 1\"")],
    seeAlso: ["train", "minimize", "explain"])
}
