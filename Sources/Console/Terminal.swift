import Platform

/// What is known of where output goes: whether a person looks at it, how wide it is, whether it
/// may be coloured.
package struct Terminal: Sendable {
  /// `--color` and `set color`.
  package enum ColorChoice: String, Sendable, CaseIterable { case auto, always, never }

  /// Whether standard error is a terminal: progress is redrawn there.
  package var drawsProgress: Bool
  /// Whether standard error is a terminal, however little it can do.
  package var showsErrors: Bool
  /// Whether standard output is a terminal.
  package var showsOutput: Bool
  /// Whether results may be coloured.
  package var colorsOutput: Bool
  /// Whether diagnostics may be coloured.
  package var colorsErrors: Bool

  /// Looks at the process's streams and its environment.
  ///
  /// - Parameter isSeen: whether output goes to these streams at all, rather than to a program.
  package init(color: ColorChoice, isSeen: Bool = true) {
    let isDumb = Environment["TERM"] == "dumb"
    showsOutput = isSeen && isatty(STDOUT_FILENO) == 1
    let errorsShow = isSeen && isatty(STDERR_FILENO) == 1
    showsErrors = errorsShow
    drawsProgress = errorsShow && !isDumb
    let allowed = !isDumb && (Environment["NO_COLOR"] ?? "").isEmpty
    switch color {
    case .always: (colorsOutput, colorsErrors) = (true, true)
    case .never: (colorsOutput, colorsErrors) = (false, false)
    case .auto: (colorsOutput, colorsErrors) = (allowed && showsOutput, allowed && errorsShow)
    }
  }

  /// Output that nobody looks at: plain text, 80 columns.
  package init() {
    (drawsProgress, showsErrors, showsOutput) = (false, false, false)
    (colorsOutput, colorsErrors) = (false, false)
  }

  /// What pictures on standard output are drawn with.
  package var ink: Ink {
    guard colorsOutput else { return .dots }
    let claims = Environment["COLORTERM"] ?? ""
    return claims == "truecolor" || claims == "24bit" ? .trueColor : .palette
  }

  /// Whether standard input is a terminal that shows what is typed by itself.
  package static var echoesKeys: Bool {
    var settings = termios()
    return tcgetattr(STDIN_FILENO, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
  }

  /// Whether the terminal is one of those known to break rows anew when it becomes narrower.
  ///
  /// The innermost one counts: tmux tells programs of itself by TERM, and they inherit the
  /// variables of the terminal around it.
  package static var reflows: Bool {
    let name = Environment["TERM"] ?? ""
    if name.hasPrefix("tmux") || name.hasPrefix("screen") { return Environment["TMUX"] != nil }
    if ["alacritty", "foot", "xterm-kitty", "xterm-ghostty", "wezterm"].contains(name) {
      return true
    }
    guard Environment["XTERM_VERSION"] == nil else { return false }
    let marks = ["VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION", "TERM_PROGRAM", "KITTY_WINDOW_ID"]
    return marks.contains { Environment[$0] != nil }
  }

  /// The columns and rows of the terminal; 80 by 24 where there is none.
  package static func size(of descriptor: Int32 = STDOUT_FILENO) -> (columns: Int, rows: Int) {
    var window = winsize()
    guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0,
      window.ws_col > 0, window.ws_row > 0
    else { return (80, 24) }
    return (Int(window.ws_col), Int(window.ws_row))
  }
}

/// The process's environment.
package enum Environment {
  /// The variable's value; nil where it is not set.
  package static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// A folder of the XDG base directory specification: the variable's where it is set to an
  /// absolute path, else one in the home folder; nil where there is neither. A home folder that is
  /// not there is nobody's to make.
  package static func folder(_ name: String, inHome fallback: String) -> String? {
    if let path = self[name], path.hasPrefix("/") { return path }
    guard let home = self["HOME"], !home.isEmpty, access(home, F_OK) == 0 else { return nil }
    return home + "/" + fallback
  }
}
