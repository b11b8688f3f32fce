//! A view of the store is held no longer than somebody looks at it: what commits free is not used
//! again while a view is older than they are, so that a loop that writes makes the file grow.

use std::fs;

/// Text without comments, line by line as it was.
fn code(text: &str) -> String {
    let of_line = |line: &str| {
        if line.trim_start().starts_with("//") { String::new() } else { line.to_owned() }
    };
    text.lines().map(of_line).collect::<Vec<_>>().join("\n")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The places in `text` where `word` stands by itself.
fn places(text: &str, word: &str) -> Vec<usize> {
    let by_itself = |at: &usize| {
        !text[..*at].ends_with(is_word) && !text[*at + word.len()..].starts_with(is_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(by_itself).collect()
}

/// From a keyword on, what stands before its block; nothing if no block follows.
fn head(rest: &str) -> Option<&str> {
    let (mut depth, mut in_pattern) = (0, rest.starts_with("for "));
    for (at, c) in rest.char_indices() {
        let from_here = &rest[at..];
        match c {
            '{' if depth == 0 && !in_pattern => return Some(&rest[..at]),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ';' if depth == 0 => return None,
            '=' => in_pattern = false,
            ' ' if from_here.starts_with(" in ") => in_pattern = false,
            ' ' if from_here.starts_with(" let ") => in_pattern = true,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// Heads that make a view, which lives as long as their blocks.
fn heads(text: &str) -> Vec<String> {
    let text = code(text);
    let mut found = Vec::new();
    for keyword in ["for", "while", "if", "match"] {
        for at in places(&text, keyword) {
            let line = text[..at].rsplit('\n').next().unwrap_or_default();
            if keyword == "for" && !line.trim().is_empty() && !line.ends_with(": ") {
                // That of an `impl`.
                continue;
            }
            let Some(head) = head(&text[at..]) else { continue };
            let binds = matches!(keyword, "for" | "match") || head.contains(" let ");
            let words: String = head.split_whitespace().collect();
            if binds && words.contains(".snapshot().await") {
                let line = text[..at].lines().count();
                found.push(format!(
                    "{line}: {}",
                    head.split_whitespace().collect::<Vec<_>>().join(" ")
                ));
            }
        }
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines after `from` that are in the block of line `from`.
fn rest_of_block<'a>(lines: &'a [&'a str], from: usize) -> &'a [&'a str] {
    let is_inside = |line: &&str| line.is_empty() || indent(line) >= indent(lines[from]);
    let rest = &lines[from + 1..];
    &rest[..rest.iter().take_while(|line| is_inside(line)).count()]
}

/// What a line like `let snapshot = store.snapshot().await?;` calls the view, or one like
/// `let (snapshot, mut batch) = attempts.begin().await?;`.
fn view(line: &str) -> Option<&str> {
    let (name, made) = line.trim_start().strip_prefix("let ")?.split_once(" = ")?;
    if made.ends_with(".begin().await?;") {
        return Some(name.strip_prefix('(')?.split_once(',')?.0);
    }
    let is_view = made.contains("snapshot().await") && !made.contains("(&") && !made.contains("( ");
    (is_view && made.ends_with(';') && name.chars().all(is_word)).then_some(name)
}

/// Is one of `names` looked at in `lines`, before something else is called so?
fn looks(lines: &[&str], names: &[&str]) -> bool {
    let of = |name: &&str| {
        let other = format!("let {name} = ");
        let mut before = lines.iter().take_while(|line| !line.trim_start().starts_with(&other));
        before.any(|line| !places(line, name).is_empty())
    };
    names.iter().any(of)
}

/// What is made of `names` at `at` and looks at the view as they do: not what was read by waiting.
fn another<'a>(block: &[&'a str], at: usize, names: &[&str]) -> Option<&'a str> {
    let (name, made) = block[at].trim_start().strip_prefix("let ")?.split_once(" =")?;
    let made = if made.is_empty() { block.get(at + 1)? } else { made };
    let of_them = names.iter().any(|name| !places(made, name).is_empty());
    (of_them && !made.contains(".await")).then(|| name.trim_start_matches("mut "))
}

/// The lines of the loop that begins at `at`, without its head; nothing if none begins there.
fn inside_loop(block: &[&str], at: usize) -> Option<std::ops::Range<usize>> {
    let line = block[at].trim_start();
    let line = if line.starts_with('\'') { line.split_once(": ")?.1 } else { line };
    if !["for ", "while ", "loop {"].iter().any(|word| line.starts_with(word)) {
        return None;
    }
    let head = block[at..].iter().position(|line| line.ends_with('{'))?;
    let start = at + head + 1;
    let is_inside = |line: &&&str| line.is_empty() || indent(line) > indent(block[at]);
    Some(start..start + block[start..].iter().take_while(is_inside).count())
}

/// Views that nobody looks at any more, and that are there while a loop waits for something.
fn held(text: &str) -> Vec<String> {
    let text = code(text);
    let lines: Vec<&str> = text.lines().take_while(|line| *line != "#[cfg(test)]").collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = view(line) else { continue };
        let block = rest_of_block(&lines, at);
        let dropped = format!("drop({name});");
        let end = block.iter().position(|line| line.trim() == dropped);
        let block = &block[..end.unwrap_or(block.len())];
        let (mut names, mut next) = (vec![name], 0);
        while next < block.len() {
            let here = next;
            next += 1;
            names.extend(another(block, here, &names));
            let Some(inside) = inside_loop(block, here) else { continue };
            next = inside.end;
            let waits = block[inside.clone()].iter().any(|line| line.contains(".await"));
            if waits
                && !looks(&block[inside.clone()], &names)
                && !looks(&block[inside.end..], &names)
            {
                found.push(format!("{}: `{name}` is held in {}", at + 1, block[here].trim()));
                break;
            }
        }
    }
    found
}

#[test]
fn no_view_is_held_while_a_loop_writes() {
    let mut files = Vec::new();
    super::sources(&super::root(), &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let is_test = file.ends_with("tests.rs") || file.iter().any(|part| part == "tests");
        let text = fs::read_to_string(&file).unwrap();
        let found = heads(&text).into_iter().chain(if is_test { Vec::new() } else { held(&text) });
        wrong.extend(found.map(|found| format!("{}:{found}", file.display())));
    }
    assert!(
        wrong.is_empty(),
        "these hold a view of the store for longer than they look at it; make a list first, or \
         drop it:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn views_in_heads_are_found() {
    for (text, is_one) in [
        ("for x in all(&store.snapshot().await?).await? {\n}", true),
        ("'out: for (a, _) in all(\n    &self.store.snapshot().await?,\n) {\n}", true),
        ("for Pair { a, b } in all(&store.snapshot().await?).await? {\n}", true),
        ("if let Some(x) = get(&store.snapshot().await?).await? {\n}", true),
        ("if a && let Some(x) = get(&store.snapshot().await?).await? {\n}", true),
        ("while let Some(x) = get(&store\n    .snapshot()\n    .await?).await? {\n}", true),
        ("let a = match get(&store.snapshot().await?).await? {\n}", true),
        ("if is(&store.snapshot().await?).await? {\n}", false),
        ("let x = get(&store.snapshot().await?).await?;\nfor a in x {\n}", false),
        ("let Some(x) = get(&store.snapshot().await?).await? else { return };", false),
        ("impl A for B {\n    let x = get(&store.snapshot().await?).await?;\n}", false),
        ("// for x in all(&store.snapshot().await?).await? {", false),
    ] {
        assert_eq!(!heads(text).is_empty(), is_one, "{text}");
    }
}

#[test]
fn views_that_outlive_their_use_are_found() {
    let view = "    let snapshot = store.snapshot().await?;";
    let of = |rest: &str| format!("fn f() {{\n{view}\n{rest}\n}}\n");
    let write = "    for x in list {\n        put(x).await?;\n    }";
    for (text, is_one) in [
        (of(write), true),
        (of(&format!("    if a {{\n{}\n    }}", write.replace("    ", "        "))), true),
        (
            of(&format!(
                "    for x in all(&snapshot).await? {{\n{}\n    }}",
                "        put(x).await?;"
            )),
            true,
        ),
        (of(&format!("    loop {{\n    {view}\n        look(&snapshot).await?;\n    }}")), true),
        (of(&format!("    drop(snapshot);\n{write}")), false),
        (of(&format!("{write}\n    look(&snapshot);")), false),
        (of(&write.replace("put(x)", "put(&snapshot, x)")), false),
        (
            of(
                "    let round = Round { snapshot: &snapshot };\n    for x in list {\n        round.put(x).await?;\n    }",
            ),
            false,
        ),
        (of(&write.replace(".await?", "?")), false),
    ] {
        assert_eq!(!held(&text).is_empty(), is_one, "{text}");
    }
}
