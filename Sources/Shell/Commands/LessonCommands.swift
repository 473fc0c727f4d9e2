import Language

extension Command {
  /// Learning at the prompt.
  static let lessons: [Command] = [lesson]

  private static let lesson = Command(
    "lesson", "lists the lessons, or gives one",
    details: """
      A lesson types its statements at the prompt: Enter runs one, q or Ctrl-C leaves. Without a \
      terminal it prints and runs all. Variables that you have keep their values; those that the \
      lesson adds stay.
      """,
    arguments: [.slot("number", .integer, default: .computed("the list"), "which one")],
    examples: [
      .init(
        "lesson",
        Lesson.all.enumerated().map { "lesson \($0 + 1)  \($1.title): \($1.summary)" }
          .joined(separator: "\n"))
    ],
    seeAlso: ["help", "run"]
  ) { context in
    guard let number = try context.integer("number") else {
      for (index, lesson) in Lesson.all.enumerated() {
        context.print("lesson \(index + 1)  \(lesson.title): \(lesson.summary)")
      }
      return nil
    }
    guard Lesson.all.indices.contains(number - 1) else {
      throw RuntimeError.other(
        "there is no lesson \(number)", hint: "they are lesson 1 to lesson \(Lesson.all.count)")
    }
    try context.play(Lesson.all[number - 1])
    return nil
  }
}

extension CommandContext {
  /// Plays a lesson, and gives the variables and random numbers that were there before back, but
  /// for variables that the person has assigned to meanwhile.
  fileprivate func play(_ lesson: Lesson) throws {
    let before = machine.globals.userDefined
    let generator = machine.random.generator
    var demonstration = Demonstration(session)
    defer {
      for (name, value) in before where !demonstration.assigned.contains(name) {
        machine.globals[name] = value
      }
      machine.random.generator = generator
    }
    session.runDepth += 1
    defer { session.runDepth -= 1 }
    guard session.runDepth < 50 else {
      throw RuntimeError.other("lessons and scripts run each other more than 50 deep", hint: nil)
    }
    print([paint.bold(lesson.title), ""])
    var worst = Session.ExitCode.success
    let ending = try demonstration.play(lesson.source, worst: &worst)
    if let code = machine.exitCode { throw RuntimeError.exit(code) }
    if ending == .left { note("left the lesson") }
    if worst == Session.ExitCode.interrupted {
      // The lesson's own statement has said so.
      session.interruptIsExplained = true
      throw RuntimeError.interrupted
    }
    guard worst == Session.ExitCode.success else {
      throw RuntimeError.other("a statement of the lesson failed", hint: nil)
    }
  }
}
