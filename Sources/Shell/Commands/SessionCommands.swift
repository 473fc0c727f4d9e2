import Language

extension Command {
  /// The session itself.
  static let session: [Command] = [print, history, transcript, quit]

  static let print = Command(
    "print", "prints values, as the function of this name does",
    arguments: [
      .slot("values", .any, default: .computed("an empty line"), isVariadic: true, "what to print")
    ],
    examples: [.init("print \"loss\", 0.25", "loss 0.25")], seeAlso: ["show"]
  ) { context in
    let style = context.session.printStyle
    context.print(try context.values("values").map { $0.printed(style) }.joined(separator: " "))
    return nil
  }

  static let history = Command(
    "history", "lists the statements typed so far, the newest last",
    details: "With a word, those that hold it.",
    arguments: [.slot("word", .string, default: .computed("all"), "what to look for")],
    seeAlso: ["transcript"]
  ) { context in
    let word = try context.word("word") ?? ""
    let entries = context.session.historyEntries()
    var lines: [String] = []
    for (index, entry) in entries.enumerated() where word.isEmpty || entry.contains(word) {
      let number = "\(index + 1)"
      let gap = String(repeating: " ", count: max(0, 5 - number.count))
      lines.append(gap + number + "  " + entry.replacing("\n", with: "\n       "))
    }
    guard !lines.isEmpty else {
      context.note(word.isEmpty ? "nothing typed yet" : "no statement typed holds \(word)")
      return nil
    }
    context.page(lines.flatMap { $0.split(separator: "\n").map(String.init) }, atEnd: true)
    return nil
  }

  static let transcript = Command(
    "transcript", "writes each statement, with its results as comments, to a file",
    details: """
      The file runs again as a script. What stands in it already stays: the transcript goes on \
      after it. Of a script's statements it also holds the places. A path that ends in .html gives \
      one page instead, with tables, formulas, curves and pictures in it, for a browser.
      """,
    arguments: [
      .slot("state", .choice(["on", "off"]), "on or off"),
      .slot("path", .path, default: .computed("transcript.nns"), "the file"),
    ],
    seeAlso: ["run", "history"]
  ) { context in
    let path = try context.word("path")
    if try context.requiredWord("state") == "on" {
      try context.session.startTranscript(path ?? "transcript.nns")
    } else if let path {
      throw RuntimeError.other(
        "transcript off takes no path, and \(path) is given", hint: "write transcript off")
    } else {
      context.session.stopTranscript()
    }
    return nil
  }

  static let quit = Command(
    "quit", aliases: ["exit"], "leaves nnsh", details: "exit(n) leaves with the exit code n.",
    examples: [.init("print(1); quit; print(2)", "1")], seeAlso: ["exit"]
  ) { _ in
    throw RuntimeError.exit(0)
  }
}
