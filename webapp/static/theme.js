// Chooses colours and density before the first paint; the only script that is not deferred.
for (const name of ["theme", "density"]) {
  try {
    const value = localStorage.getItem(name);
    if (value) document.documentElement.dataset[name] = value;
  } catch {
    // Storage is off: the system's colours and the usual density are fine.
  }
}
