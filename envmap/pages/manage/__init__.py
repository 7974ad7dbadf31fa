"""The pages under /manage/: people, departments, stations, rules, layers, dead letters, audit."""
