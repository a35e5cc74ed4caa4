fn main() {
    let mut sources = backstay::source::Sources::default();
    for path in std::env::args().skip(1) {
        sources.add(&path, std::fs::read_to_string(&path).unwrap_or_default());
    }
    let (ws, findings) = backstay::policy::parse(sources);
    for f in findings {
        println!(
            "{} {} {} — {}",
            ws.sources.link(f.place.unwrap()),
            f.code.name,
            f.message,
            f.fix
        );
    }
    println!("{}", ws.is_complete());
}
