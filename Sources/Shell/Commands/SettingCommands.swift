import Console
import Graph
import Language
import Networks
import Plot
import Syntax
import Tensors

extension Command {
  /// Choices for the session.
  static let settings: [Command] = [seed, set]

  static let seed = Command(
    "seed", "chooses the random numbers that follow",
    details: "The same number gives the same draws, on any machine and any number of threads.",
    arguments: [.slot("n", .integer, "a whole number from 0 up")],
    examples: [.init("seed 7\na = rand(3)\nseed 7\nall(rand(3) == a)", "true")],
    seeAlso: ["rand", "randn", "xavier"]
  ) { context in
    _ = try context.call("seed", try context.requiredValue("n"))
    return nil
  }

  static let set = Command(
    "set", "changes an option of the session; alone, lists them",
    details: Setting.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"),
    arguments: [
      .slot("option", .topic, default: .computed("all"), "the option's name"),
      .slot("value", .topic, default: .computed("shown"), "what it becomes"),
    ],
    examples: [.init("set digits 3\n[1.23456, 2]", "2 tensor f32\n  1.23  2")],
    seeAlso: ["help"]
  ) { context in
    guard let name = try context.word("option") else {
      var table = Table([("option", .left), ("value", .left), ("", .left)])
      for setting in Setting.all {
        table.append([setting.name, setting.read(context.session), setting.summary])
      }
      try context.show { [.table(table)] }
      return nil
    }
    guard let setting = Setting.all.first(where: { $0.name == name }) else {
      let near = nearest(name, among: Setting.all.map(\.name))
      throw RuntimeError.other(
        "there is no option \(name)",
        hint: near.first.map { "did you mean \($0)?" }
          ?? "the options are " + Setting.all.map(\.name).joined(separator: ", "))
    }
    guard let value = try context.word("value") else {
      context.print(setting.read(context.session))
      return nil
    }
    guard setting.write(context.session, value) else {
      throw RuntimeError.other("\(name) cannot be \(value)", hint: "it is \(setting.values)")
    }
    return nil
  }
}

/// An option that `set` changes.
package struct Setting: Sendable {
  package let name: String
  package let summary: String
  /// Which values fit, in words.
  package let values: String
  /// Words that completion offers.
  package let choices: [String]
  let read: @Sendable (Session) -> String
  /// Whether the value fitted.
  let write: @Sendable (Session, String) -> Bool

  private init(
    _ name: String, _ summary: String, values: String, choices: [String] = [],
    read: @escaping @Sendable (Session) -> String,
    write: @escaping @Sendable (Session, String) -> Bool
  ) {
    self.name = name
    self.summary = summary
    self.values = values
    self.choices = choices
    self.read = read
    self.write = write
  }

  /// What is on or off.
  private static func flag(
    _ name: String, _ summary: String, read: @escaping @Sendable (Session) -> Bool,
    write: @escaping @Sendable (Session, Bool) -> Void
  ) -> Setting {
    Setting(
      name, summary, values: "on or off", choices: ["on", "off"],
      read: { read($0) ? "on" : "off" },
      write: { session, text in
        guard text == "on" || text == "off" else { return false }
        write(session, text == "on")
        return true
      })
  }

  /// What of the session's settings is on or off.
  private static func flag(
    _ name: String, _ summary: String,
    _ setting: WritableKeyPath<Session.Settings, Bool> & Sendable
  ) -> Setting {
    flag(
      name, summary, read: { $0.settings[keyPath: setting] },
      write: { session, isOn in session.settings[keyPath: setting] = isOn })
  }

  /// All there are.
  package static let all: [Setting] = [
    Setting(
      "threads", "how many threads compute", values: "a number from 1 to 1024",
      read: { _ in "\(Threads.count)" },
      write: { _, text in
        guard let count = Int(text), (1...1024).contains(count) else { return false }
        Threads.count = count
        return true
      }),
    Setting(
      "color", "when output is coloured", values: "auto, always or never",
      choices: Terminal.ColorChoice.allCases.map(\.rawValue),
      read: { $0.settings.color.rawValue },
      write: { session, text in
        guard let choice = Terminal.ColorChoice(rawValue: text) else { return false }
        session.settings.color = choice
        session.terminal = Terminal(color: choice, isSeen: !session.audience.takesEvents)
        return true
      }),
    Setting(
      "digits", "the significant digits of a tensor's elements", values: "a number from 1 to 17",
      read: { "\($0.settings.digits)" },
      write: { session, text in
        guard let digits = Int(text), (1...17).contains(digits) else { return false }
        session.settings.digits = digits
        return true
      }),
    Setting(
      "edge", "the rows and columns of a tensor shown at each side",
      values: "a number from 1 to 1000",
      read: { "\($0.settings.edge)" },
      write: { session, text in
        guard let edge = Int(text), (1...1000).contains(edge) else { return false }
        session.settings.edge = edge
        return true
      }),
    Setting(
      "rows", "the rows of the terminal that a value may fill at the prompt before it is cut",
      values: "a number from 1 to 1000000",
      read: { "\($0.settings.rows)" },
      write: { session, text in
        guard let rows = Int(text), (1...1_000_000).contains(rows) else { return false }
        session.settings.rows = rows
        return true
      }),
    flag(
      "plan", "whether gradients in a loop are planned: faster, and the same to the last bit",
      read: { _ in PlanCache.isOn }, write: { _, isOn in PlanCache.isOn = isOn }),
    flag(
      "stages",
      "whether layers train by backward passes of their own where they have them; otherwise as a "
        + "function of one's own does, which is slower",
      read: { _ in StageBuilder.usesOwnStages },
      write: { _, isOn in StageBuilder.usesOwnStages = isOn }),
    Setting(
      "past", "the memory that the past of networks may take; 0 keeps none",
      values: "a number of bytes, as 512MB or 2GB",
      read: { _ in NumberForm.binaryBytes(PastMemory.limit) },
      write: { _, text in
        guard let bytes = NumberForm.bytes(from: text) else { return false }
        PastMemory.limit = bytes
        return true
      }),
    Setting(
      "plot", "what curves and pictures are drawn with in the terminal",
      values: "auto, kitty, iterm2, sixel, blocks, braille or ascii",
      choices: PictureStyle.allCases.map(\.rawValue),
      read: { $0.settings.pictures.rawValue },
      write: { session, text in
        guard let style = PictureStyle(rawValue: text) else { return false }
        session.settings.pictures = style
        return true
      }),
    flag(
      "live", "whether training redraws the curves of its losses, at a terminal", \.drawsCurves),
    flag("pager", "whether lists longer than the screen go through $PAGER or less", \.usesPager),
    flag("history", "whether statements are remembered in the history file", \.keepsHistory),
    flag("hints", "whether the prompt shows colours and hints while a line is typed", \.showsHints),
  ]
}
