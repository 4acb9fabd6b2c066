greeting = "tea"
