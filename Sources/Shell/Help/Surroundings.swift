/// What lies around the shell, for the man page and the manual alike.
enum Surroundings {
  /// What is named, and what it is or does.
  typealias Entry = (name: String, text: String)

  static let environment: [Entry] = [
    ("NNSH_DATA", "a folder of data sets, looked in first"),
    ("NNSH_HISTORY", "the file of the history"),
    ("NNSH_MPI", "under mpirun: the file of MPI's library, where the right one is not found"),
    (
      "NNSH_ONEDNN",
      "the file of the library that multiplies matrices, or none for nnsh's own code"
    ),
    ("NNSH_PATIENCE", "under mpirun: for how many seconds ranks wait for one that computes; 60"),
    ("NO_COLOR", "no colours where it is set"),
    ("PAGER", "shows what is longer than the screen; without it, less"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME", "where the files below are"),
  ]

  static let files: [Entry] = [
    ("$XDG_CONFIG_HOME/nnsh/rc.nns", "run when the prompt starts"),
    ("$XDG_STATE_HOME/nnsh/history", "the statements typed"),
    ("$XDG_STATE_HOME/nnsh/rescued", "networks of trainings that were ended, with their place"),
    ("$XDG_DATA_HOME/nnsh, /usr/share/datasets", "data sets"),
    ("~/.editrc", "keys of the prompt"),
  ]

  static let exitCodes: [Entry] = [
    ("0", "success"), ("1", "an error in the code that ran"),
    ("2", "wrong usage, or a syntax error: nothing of that file has run"),
    ("130", "interrupted"), ("n", "what exit(n) says"),
  ]
}
